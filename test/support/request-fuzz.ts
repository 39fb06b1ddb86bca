/** Request bodies out of a grammar: mostly possible ones, with mistakes of every kind strewn in. Seeded. */
import {
  AUDIO_CODECS,
  CONTAINERS,
  IMAGE_CONTAINERS,
  VIDEO_CODECS,
  type Container,
} from "../../encoder/contract/formats.ts";
import { OPTIONS } from "../../worker/domain/format/format-specs.ts";
import { OUTPUT_PARAMS } from "../../worker/schemas/output-params.ts";
import { aPssh } from "./pssh-boxes.ts";
import type { Random } from "./random.ts";
import { aBody, anS3OtherStorage, anS3Storage } from "./request-bodies.ts";

type Fields = Record<string, unknown>;

/** `mistakes`: how likely each choice is to be a wrong one. */
export type Fuzz = { random: Random; mistakes: number };

const JUNK: readonly unknown[] = [
  ...[null, true, false, -1, 0, 1, 1.5, 1e308, Number.MAX_SAFE_INTEGER + 2, 44_100],
  ...["", " ", "x", "0", "no", "é漢", "\ud800", "a\u0000b", "../..", "{{ input.width }}", "{{", "__proto__"],
  ...["%d", "%02d%02d", "720p", "https://h.example.com/a", "javascript:alert(1)", "x".repeat(3000)],
  ...[[], {}, [[]], [null], [1, 2], { a: {} }, { url: 5 }, { path: "/a" }, { constructor: 1 }],
];
const RESOLUTIONS = [
  "240p",
  "480p",
  "720p",
  "1080p",
  "2160p",
  "640x",
  "x480",
  "0x240",
  "600x0",
  "320x180",
  "641x359",
];
const FPS = ["0fps", "15fps", "23.98fps", "24fps", "25fps", "29.97fps", "30fps", "50fps", "60fps"];
const RATES = ["8000hz", "11025hz", "16000hz", "22050hz", "44100hz", "48000hz"];
const CONDITIONS = [
  "{{ input.width }} >= 480",
  "({{ input.rotation }} = 0 or {{ input.rotation }} = 180) and {{ input.width }} > {{ input.height }}",
  "not {{ input.is_audio_only }} and {{ input.duration }} % 60 < 30",
  "'{{ input.video_codec }}' = \"h264\"",
  "{{ input.metadata.format.tags.title }} != 'a'",
];

export function aFuzzedBody(fuzz: Fuzz): unknown {
  const { random } = fuzz;
  const body: Fields = aBody({
    storage: random.pick([
      { service: "coconut", path: "/a" },
      anS3Storage({ path: "/out/", acl: "private" }),
      anS3OtherStorage({ force_path_style: true }),
    ]),
    notification: {
      ...{
        url: "https://app.example.com/hook?a=1",
        events: random.chance(0.5),
        metadata: random.chance(0.5),
      },
      params: { id: 7, name: "a b" },
    },
    settings: { ultrafast: random.chance(0.5) },
    outputs: fuzzedOutputs(fuzz),
  });
  for (const section of Object.keys(body)) {
    if (wrong(fuzz, 0.3)) {
      body[section] = spoilt(body[section], fuzz);
    }
  }
  return wrong(fuzz, 0.05) ? random.pick(JUNK) : body;
}

function fuzzedOutputs(fuzz: Fuzz): unknown {
  const { random } = fuzz;
  const outputs: [string, unknown][] = [];
  const count = wrong(fuzz, 0.05) ? 31 : 1 + random.below(3);
  for (let index = 0; index < count; index++) {
    const [name, fields] = fuzzedOutput(fuzz, index);
    const [, again] = fuzzedOutput(fuzz, index + 100);
    outputs.push([name, random.chance(0.1) ? [fields, again] : fields]);
  }
  return Object.fromEntries(outputs);
}

function fuzzedOutput(fuzz: Fuzz, index: number): [string, unknown] {
  const { random } = fuzz;
  const kind = random.pick(["video", "video", "video", "sound", "image", "animation", "stream"] as const);
  const [name, fields] = {
    video: () => videoOutput(fuzz, index, (container) => CONTAINERS[container].video.length > 0),
    sound: () => videoOutput(fuzz, index, (container) => CONTAINERS[container].video.length === 0),
    image: () => imageOutput(fuzz, index, random.pick(["jpg", "png", "webp"] as const)),
    animation: () => imageOutput(fuzz, index, random.pick(["gif", "webp_anim"] as const)),
    stream: () => streamOutput(fuzz, index),
  }[kind]();
  maybe(fuzz, fields, "key", () => random.pick(["a", "video é", "mp4:720p"]));
  maybe(fuzz, fields, "if", () => fuzzedCondition(fuzz));
  return [wrong(fuzz, 0.4) ? typo(name, random) : name, wrong(fuzz, 0.2) ? spoilt(fields, fuzz) : fields];
}

function videoOutput(
  fuzz: Fuzz,
  index: number,
  isWanted: (container: Container) => boolean,
): [string, Fields] {
  const { random } = fuzz;
  const container = random.pick((Object.keys(CONTAINERS) as Container[]).filter(isWanted));
  const row = CONTAINERS[container];
  const video =
    row.video.length > 0 ? [track(fuzz, () => videoSpecs(fuzz, container), ["x", "novideo", "copy"])] : [];
  const audio = track(fuzz, () => audioSpecs(fuzz, container), ["x", "noaudio", "copy"]);
  const parts = [container, ...video, audio, fuzzedOptions(fuzz)];
  const fields: Fields = { path: fuzzedPath(fuzz, index, random.pick(row.extensions)) };
  if (random.chance(0.2)) {
    fields["format"] = fuzzedHash(fuzz);
  }
  maybe(fuzz, fields, "offset", () => random.pick([0, 1, 7, 1_000_000]));
  maybe(fuzz, fields, "duration", () => random.pick([1, 5, 60]));
  maybe(fuzz, fields, "deinterlace", () => random.chance(0.5));
  pictureParams(fuzz, fields);
  return [parts.join(":").replace(random.chance(0.8) ? /:+$/ : /$^/, ""), fields];
}

function track(fuzz: Fuzz, specs: () => string, words: readonly string[]): string {
  const { random } = fuzz;
  return random.chance(0.3) ? "" : random.chance(0.12) ? random.pick(words) : specs();
}

function videoSpecs(fuzz: Fuzz, container: Container): string {
  const { random } = fuzz;
  const codecs: readonly string[] = wrong(fuzz) ? VIDEO_CODECS : CONTAINERS[container].video;
  return shuffled(random, [
    ...(random.chance(0.6) ? [random.pick(RESOLUTIONS)] : []),
    ...(random.chance(0.6) ? [random.pick(codecs)] : []),
    ...(random.chance(0.3) ? [`${1 + random.below(9000)}k`] : []),
    ...(random.chance(0.3) ? [random.pick(FPS)] : []),
    ...(wrong(fuzz) ? [random.pick([...RATES, "mono", "720i", "", "h265x"])] : []),
  ]).join("_");
}

function audioSpecs(fuzz: Fuzz, container: Container): string {
  const { random } = fuzz;
  const codecs: readonly string[] = wrong(fuzz) ? AUDIO_CODECS : CONTAINERS[container].audio;
  return shuffled(random, [
    ...(random.chance(0.5) ? [random.pick(codecs).replaceAll("-", random.pick(["-", "_"]))] : []),
    ...(random.chance(0.3) ? [`${random.pick([32, 64, 96, 128, 192, 320, 600])}k`] : []),
    ...(random.chance(0.2) ? [random.pick(RATES)] : []),
    ...(random.chance(0.4) ? [random.pick(["mono", "stereo", "multi"])] : []),
    ...(wrong(fuzz) ? [random.pick([...FPS, "720p", "", "aac2"])] : []),
  ]).join("_");
}

function fuzzedOptions(fuzz: Fuzz): string {
  const { random } = fuzz;
  const options: string[] = [
    ...(random.chance(0.2) ? [`quality=${random.pick([1, 2, 3, 4, 5])}`] : []),
    ...(random.chance(0.1) ? ["maxrate=2000K"] : []),
    ...(random.chance(0.1) ? ["2pass"] : []),
    ...(random.chance(0.1) ? ["frag"] : []),
    ...(random.chance(0.2) ? [`metadata=${random.below(2)}`] : []),
    ...(random.chance(0.1) ? [`level=${random.pick(["30", "31", "3.1", "41", "5.1"])}`] : []),
    ...(random.chance(0.1) ? [`vprofile=${random.pick(["baseline", "main", "high10", "0", "3"])}`] : []),
    ...(random.chance(0.1) ? [`pix_fmt=${random.pick(["yuv420p", "yuv422p", "yuv422p10le"])}`] : []),
    ...(wrong(fuzz) ? [random.pick(["crf=20", "quality", "2pass=1", "", "=", "level=", "metadata=3"])] : []),
  ];
  return shuffled(random, options).join(random.pick([",", "_"]));
}

function fuzzedHash(fuzz: Fuzz): unknown {
  const { random } = fuzz;
  const hash: Fields = {};
  maybe(fuzz, hash, "resolution", () => random.pick(RESOLUTIONS));
  maybe(fuzz, hash, "video_bitrate", () => random.pick([1200, "800k", "500"]));
  maybe(fuzz, hash, "fps", () => random.pick([25, "30fps", "29.97"]));
  maybe(fuzz, hash, "audio_bitrate", () => random.pick([96, "128k"]));
  maybe(fuzz, hash, "sample_rate", () => random.pick([48_000, "44100hz"]));
  maybe(fuzz, hash, random.pick(["audio_channel", "channels", "audio_channels"]), () =>
    random.pick(["mono", 2]),
  );
  maybe(fuzz, hash, random.pick(OPTIONS), () => random.pick([1, 3, true, false, "main", "3.1"]));
  maybe(fuzz, hash, "video_codec", () => random.pick(["h264", "hevc", "vp9", "copy", "novideo"]));
  return wrong(fuzz, 0.3) ? spoilt(hash, fuzz) : hash;
}

function imageOutput(fuzz: Fuzz, index: number, container: keyof typeof IMAGE_CONTAINERS): [string, Fields] {
  const { random } = fuzz;
  const row = IMAGE_CONTAINERS[container];
  const sequence = random.pick(["_%02d", "_%.2d", "_%d", "_#num#", wrong(fuzz) ? "_%d_%d" : ""]);
  const fields: Fields = { path: fuzzedPath(fuzz, index, random.pick(row.extensions), sequence) };
  if (row.isAnimated) {
    maybe(fuzz, fields, "scene", () => ({ number: 1 + random.below(10), duration: 1 + random.below(30) }));
  } else {
    const sampling = random.pick(["number", "offsets", "interval", "path"]);
    if (sampling !== "path") {
      fields[sampling] = { number: 1 + random.below(100), offsets: [0, 3, 90], interval: random.below(20) }[
        sampling
      ];
    }
    maybe(fuzz, fields, "sprite", () =>
      random.pick([true, { limit: 9, columns: 3 }, { columns: 100 }, { limit: 1 }]),
    );
    maybe(fuzz, fields, "vtt", () => random.pick([true, { filename: `${index}.vtt` }]));
  }
  maybe(fuzz, fields, "square", () => random.chance(0.5));
  maybe(fuzz, fields, "blur", () => 1 + random.below(5));
  pictureParams(fuzz, fields);
  if (random.chance(0.1)) {
    fields["format"] = wrong(fuzz) ? fuzzedHash(fuzz) : { resolution: random.pick(RESOLUTIONS) };
  }
  return [`${container}${random.chance(0.6) ? `:${random.pick(RESOLUTIONS)}` : ""}`, fields];
}

function streamOutput(fuzz: Fuzz, index: number): [string, Fields] {
  const { random } = fuzz;
  const fields: Fields = { path: random.pick(["/", "/s", "{{ input.width }}"]) };
  const packages = random.pick([["hls"], ["dash"], ["hls", "dash"], wrong(fuzz) ? [] : ["hls"]]);
  if (packages.includes("hls")) {
    fields["hls"] = wrong(fuzz, 0.3) ? spoilt(hlsPackage(fuzz, index), fuzz) : hlsPackage(fuzz, index);
  }
  if (packages.includes("dash")) {
    fields["dash"] = wrong(fuzz, 0.3) ? spoilt(dashPackage(fuzz, index), fuzz) : dashPackage(fuzz, index);
  }
  maybe(fuzz, fields, "variants", () => random.pick(LADDERS));
  maybe(fuzz, fields, "playlist_name", () => "index");
  maybe(fuzz, fields, "offset", () => random.pick([0, 1, 7]));
  maybe(fuzz, fields, "duration", () => random.pick([1, 5, 60]));
  maybe(fuzz, fields, "audio_tracks", () => random.pick(["all", ["en"], ["eng", "pt-BR"]]));
  maybe(fuzz, fields, "subtitles", () =>
    random.pick(["all", ["en"], ["all", subtitleFile(fuzz)], [subtitleFile(fuzz)]]),
  );
  maybe(fuzz, fields, "hls_encryption_key", () => FUZZ_KEY);
  maybe(fuzz, fields, "dash_widevine_laurl", () => "https://wv.example.com/");
  pictureParams(fuzz, fields);
  return ["httpstream", fields];
}

const LADDERS = [
  ["mp4:480p::quality=3"],
  ["mp4:x:64k", "mp4:720p_900k"],
  ["mp4:hevc_x360", "mp4:240p:x", "mp4:x:multi"],
  ["mp4:av1_360p"],
  ["mp4:x:96k_48000hz_mono"],
];
const FUZZ_KEY = "0f".repeat(16);

function hlsPackage(fuzz: Fuzz, index: number): Fields {
  const { random } = fuzz;
  const fields: Fields = { path: `/hls${index}` };
  maybe(fuzz, fields, "version", () => 3 + random.below(5));
  maybe(fuzz, fields, "live_edge", () => random.chance(0.5));
  if (random.chance(0.5)) {
    maybe(fuzz, fields, "encryption", () =>
      random.pick([true, false, { rotate_every: 1 + random.below(20) }]),
    );
  } else {
    maybe(fuzz, fields, "encryption_key", () => FUZZ_KEY);
    maybe(fuzz, fields, "encryption_key_uri", () => "https://keys.example.com/1");
  }
  return fields;
}

function dashPackage(fuzz: Fuzz, index: number): Fields {
  const { random } = fuzz;
  const fields: Fields = { path: `/dash${index}` };
  maybe(fuzz, fields, "hlsfmp4", () => random.chance(0.5));
  if (random.chance(0.3)) {
    Object.assign(fields, {
      encryption_key: FUZZ_KEY,
      encryption_key_id: random.pick([`${FUZZ_KEY.slice(2)}aa`, "x"]),
    });
    maybe(fuzz, fields, "encryption_scheme", () => random.pick(["cenc", "cbcs"]));
    maybe(fuzz, fields, "widevine_pssh", () => aPssh("widevine"));
    maybe(fuzz, fields, "playready_pssh", () => aPssh("playready"));
    maybe(fuzz, fields, "playready_laurl", () => "https://pr.example.com/rights");
    maybe(fuzz, fields, "fairplay_key_uri", () => "skd://asset");
    maybe(fuzz, fields, "clearkey_laurl", () => "https://keys.example.com/");
  }
  return fields;
}

function subtitleFile(fuzz: Fuzz): Fields {
  const { random } = fuzz;
  const fields: Fields = {
    url: "https://cdn.example.com/de.srt?x=1",
    language: random.pick(["de", "zh-Hant", "ger"]),
  };
  maybe(fuzz, fields, "name", () => "Deutsch");
  maybe(fuzz, fields, "default", () => random.chance(0.5));
  maybe(fuzz, fields, "forced", () => random.chance(0.5));
  return fields;
}

function pictureParams(fuzz: Fuzz, fields: Fields): void {
  const { random } = fuzz;
  maybe(fuzz, fields, "fit", () => random.pick(["pad", "crop"]));
  maybe(fuzz, fields, "transpose", () => random.below(4));
  maybe(fuzz, fields, "hflip", () => random.chance(0.5));
  maybe(fuzz, fields, "vflip", () => random.chance(0.5));
  maybe(fuzz, fields, "watermark", () => ({
    url: random.pick(["https://cdn.example.com/logo.png", "https://cdn.example.com/b.jpg?x=1"]),
    ...(random.chance(0.5) ? { position: random.pick(["topleft", "topright", "bottomleft"]) } : {}),
  }));
}

function fuzzedPath(fuzz: Fuzz, index: number, extension: string, sequence = ""): string {
  const { random } = fuzz;
  const folder = random.pick([
    "/",
    "",
    "/a//b/",
    "/{{ input.height }}/",
    "{{ input.metadata.format.tags.title }}",
  ]);
  const name = wrong(fuzz, 0.3) ? random.pick(["../", "\\", "{{ x }}", "\u0007", "", " "]) : `v${index}`;
  return `${folder}${name}${sequence}.${wrong(fuzz, 0.3) ? random.pick(["", "exe", "webm"]) : extension}`;
}

function fuzzedCondition(fuzz: Fuzz): string {
  const { random } = fuzz;
  const condition = random.pick(CONDITIONS);
  return wrong(fuzz) ? typo(condition, random) : condition;
}

/** Sometimes sets a field, sometimes to something else. */
function maybe(fuzz: Fuzz, fields: Fields, name: string, value: () => unknown): void {
  const { random } = fuzz;
  if (random.chance(0.2)) {
    const key = wrong(fuzz, 0.3) ? typo(name, random) : name;
    fields[key] = wrong(fuzz) ? random.pick(JUNK) : value();
  }
}

/** The same with a field more, less or other, or something else altogether. */
function spoilt(value: unknown, { random }: Fuzz): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value) || random.chance(0.2)) {
    return random.pick(JUNK);
  }
  const fields: Fields = { ...value };
  const names = [
    ...Object.keys(fields),
    ...OUTPUT_PARAMS.video,
    ...OUTPUT_PARAMS.httpstream,
    "__proto__",
    "constructor",
    "container",
    "path",
  ];
  if (random.chance(0.3)) {
    delete fields[random.pick(names)];
  } else {
    Object.defineProperty(fields, random.pick(names), {
      value: random.pick(JUNK),
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }
  return fields;
}

/** One character lost, doubled or replaced. */
function typo(text: string, random: Random): string {
  const at = random.below(text.length + 1);
  const middle = random.pick(["", text.slice(at, at + 1).repeat(2), "_", ":", "x", "é", "(", "{{"]);
  return `${text.slice(0, at)}${middle}${text.slice(at + 1)}`;
}

function shuffled(random: Random, items: readonly string[]): string[] {
  return items
    .map((item) => ({ item, order: random.next() }))
    .toSorted((a, b) => a.order - b.order)
    .map(({ item }) => item);
}

const wrong = ({ random, mistakes }: Fuzz, share = 1): boolean => random.chance(mistakes * share);
