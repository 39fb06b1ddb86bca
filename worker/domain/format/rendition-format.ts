/** The parts of a video format after its container: picture, sound and options. */
import { isResolution, parseBitrate, parseResolution, sortSpecs, type Refuse } from "./format-parts.ts";
import type { RenditionFormat } from "../job-spec.ts";
import { PENDING_AUDIO_CODECS, PENDING_OPTIONS, PENDING_VIDEO_CODECS } from "./known-formats.ts";
import {
  DEFAULT_AUDIO,
  DEFAULT_VIDEO_BITRATE_BPS,
  FRAME_RATES,
  RESOLUTION_PRESETS,
  SAMPLE_RATES_HZ,
  type Quality,
} from "./output-presets.ts";
import { shortened } from "../shown-value.ts";

type Picture = NonNullable<RenditionFormat["video"]>;
type Sound = NonNullable<RenditionFormat["audio"]>;
type Options = { quality: Quality | null; maxrateBps: number | null; passes: 1 | 2 };

/** Coconut's upper limits. The lower ones keep `4k` from being read as 4 kbit/s and fit what AAC can do. */
const MIN_VIDEO_KBPS = 10;
const MAX_VIDEO_KBPS = 199_999;
const MIN_AUDIO_KBPS = 8;
const MAX_AUDIO_KBPS = 512;

/** `parts` in lower case: picture, sound, options; each may be absent. */
export function parseRendition(parts: readonly string[], refuse: Refuse): RenditionFormat {
  const [pictureText = "", soundText = "", optionsText = ""] = parts;
  if (parts.length > 3) {
    refuse("has more parts than container:video:audio:options");
  }
  const options = parseOptions(optionsText, refuse);
  const video = isSwitchedOff(pictureText, "novideo") ? null : parsePicture(pictureText, options, refuse);
  const audio = isSwitchedOff(soundText, "noaudio") ? null : parseSound(soundText, refuse);
  if (video === null && audio === null) {
    refuse("has neither video nor audio");
  }
  if (video === null && options.quality !== null) {
    refuse("sets a quality without video");
  }
  if (video === null && options.passes === 2) {
    refuse("sets 2pass without video");
  }
  return { container: "mp4", video, audio };
}

function isSwitchedOff(part: string, word: string): boolean {
  return part === "x" || part === word;
}

function parsePicture(part: string, options: Options, refuse: Refuse): Picture {
  const specs = sortSpecs(
    part,
    "video",
    {
      resolution: (spec) => spec !== "x" && isResolution(spec),
      bitrate: (spec) => /^\d+k$/.test(spec),
      "frame rate": (spec) => /^[\d.]+fps$/.test(spec),
      codec: (spec) => spec === "h264" || isPending(spec, PENDING_VIDEO_CODECS, "video codec", refuse),
    },
    refuse,
  );
  const preset = specs.resolution === undefined ? undefined : RESOLUTION_PRESETS[specs.resolution];
  const bitrateBps =
    specs.bitrate === undefined
      ? (preset?.bitrateBps ?? DEFAULT_VIDEO_BITRATE_BPS)
      : parseBitrate(specs.bitrate, "video bitrate", MIN_VIDEO_KBPS, MAX_VIDEO_KBPS, refuse);
  return {
    codec: "h264",
    resolution: parseResolution(specs.resolution ?? "0x0", refuse),
    frameRate: specs["frame rate"] === undefined ? null : parseFrameRate(specs["frame rate"], refuse),
    // Coconut's rule: with a quality a bitrate counts for nothing, not even as a ceiling; maxrate is the ceiling.
    rate:
      options.quality === null
        ? { mode: "bitrate", bitrateBps, passes: options.passes }
        : { mode: "quality", quality: options.quality, maxrateBps: options.maxrateBps },
  };
}

function parseSound(part: string, refuse: Refuse): Sound {
  const specs = sortSpecs(
    part,
    "audio",
    {
      bitrate: (spec) => /^\d+k$/.test(spec),
      "sample rate": (spec) => /^\d+hz$/.test(spec),
      channels: (spec) => ["mono", "stereo", "multi"].includes(spec),
      codec: (spec) => spec === "aac" || isPending(spec, PENDING_AUDIO_CODECS, "audio codec", refuse),
    },
    refuse,
  );
  if (specs.channels === "multi") {
    refuse("asks for channels 'multi', which is not supported yet");
  }
  return {
    ...DEFAULT_AUDIO,
    ...(specs.bitrate === undefined
      ? {}
      : { bitrateBps: parseBitrate(specs.bitrate, "audio bitrate", MIN_AUDIO_KBPS, MAX_AUDIO_KBPS, refuse) }),
    ...(specs["sample rate"] === undefined
      ? {}
      : { sampleRateHz: parseSampleRate(specs["sample rate"], refuse) }),
    ...(specs.channels === "mono" ? { channels: 1 as const } : {}),
  };
}

function parseFrameRate(spec: string, refuse: Refuse): Picture["frameRate"] {
  const name = spec.slice(0, -"fps".length);
  const rate = Object.hasOwn(FRAME_RATES, name) ? FRAME_RATES[name] : undefined;
  return rate === undefined
    ? refuse(
        `has frame rate '${shortened(spec)}', which must be one of ${namesWith(Object.keys(FRAME_RATES), "fps")}`,
      )
    : rate;
}

function parseSampleRate(spec: string, refuse: Refuse): number {
  const rateHz = Number(spec.slice(0, -"hz".length));
  return SAMPLE_RATES_HZ.includes(rateHz)
    ? rateHz
    : refuse(
        `has sample rate '${shortened(spec)}', which must be one of ${namesWith(SAMPLE_RATES_HZ, "hz")}`,
      );
}

/** Documented with `_` between options, shown with `,` in every sample; both are read. */
function parseOptions(part: string, refuse: Refuse): Options {
  const options: Options = { quality: null, maxrateBps: null, passes: 1 };
  const seen = new Set<string>();
  for (const option of part === "" ? [] : part.split(/,|(?<!pix)_/)) {
    const [name = "", value] = option.split("=", 2);
    if (seen.has(name)) {
      refuse(`has option '${shortened(name)}' twice`);
    }
    seen.add(name);
    if (name === "quality") {
      options.quality = parseQuality(value, refuse);
    } else if (name === "maxrate") {
      options.maxrateBps = parseBitrate(value ?? "", "maxrate", MIN_VIDEO_KBPS, MAX_VIDEO_KBPS, refuse);
    } else if (option === "2pass") {
      options.passes = 2;
    } else if (option !== "pix_fmt=yuv420p") {
      refuse(
        PENDING_OPTIONS.includes(name)
          ? `uses option '${shortened(option)}', which is not supported yet`
          : `has an unknown option '${shortened(option)}' (known: 2pass, quality, maxrate)`,
      );
    }
  }
  if (options.maxrateBps !== null && options.quality === null) {
    refuse("sets a maxrate, which works only together with a quality");
  }
  if (options.passes === 2 && options.quality !== null) {
    refuse("sets 2pass, which steers towards a bitrate and has no meaning together with a quality");
  }
  return options;
}

function parseQuality(value: string | undefined, refuse: Refuse): Quality {
  // SAFETY: the pattern leaves the five numbers of the type.
  return /^[1-5]$/.test(value ?? "")
    ? (Number(value) as Quality)
    : refuse(`has quality '${shortened(value ?? "")}', which must be from 1 to 5`);
}

function isPending(spec: string, pending: readonly string[], name: string, refuse: Refuse): boolean {
  return pending.includes(spec) ? refuse(`uses ${name} '${spec}', which is not supported yet`) : false;
}

function namesWith(names: readonly (string | number)[], unit: string): string {
  return names.map((name) => `${name}${unit}`).join(", ");
}
