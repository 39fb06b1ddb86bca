/**
 * Every container, codec, option and parameter through the whole service once, from the tables that the parser reads and
 * the examples of the documentation. What comes out is judged by ffprobe, by MediaInfo, which shares no code with FFmpeg,
 * and by decoding it to the end.
 */
import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  CONTAINER_NAMES,
  CONTAINERS,
  type AudioCodec,
  type Container,
  type VideoCodec,
} from "../../encoder/contract/formats.ts";
import { downloadFile } from "../support/download-file.ts";
import { finalView, type OutputView } from "../support/job-client.ts";
import { lavfi, makeClip } from "../support/make-clip.ts";
import { readMediaInfo } from "../support/read-media-info.ts";
import { OUTPUT_EXAMPLES, WATERMARK_PLACEHOLDER, type ExpectedFile } from "../support/output-examples.ts";
import { decodeErrors, probeFacts } from "../support/probe-facts.ts";
import { startTestBed, type TestBed } from "../support/test-bed.ts";

/** What MediaInfo calls a container. */
const MEDIAINFO_CONTAINERS: Record<Container, string> = {
  mp4: "MPEG-4",
  webm: "WebM",
  mpegts: "MPEG-TS",
  mov: "MPEG-4",
  mkv: "Matroska",
  avi: "AVI",
  asf: "Windows Media",
  flv: "Flash Video",
  "3gp": "MPEG-4",
  ogv: "Ogg",
  ogg: "Ogg",
  aac: "ADTS",
  mp3: "MPEG Audio",
  m4a: "MPEG-4",
  wav: "Wave",
  flac: "FLAC",
};

/** What ffprobe calls a codec, where it is not Copra's name. */
const FFPROBE_CODECS: Partial<Record<VideoCodec | AudioCodec, string>> = {
  xvid: "mpeg4",
  flv: "flv1",
  "pcm-s16le": "pcm_s16le",
  "pcm-u8": "pcm_u8",
  "pcm-alaw": "pcm_alaw",
};

/** MP4 has one number for all layers of MPEG audio, and ffprobe calls it layer 3. */
const MPEG_AUDIO_IN_MP4 = ["mp4:x:mp2"];

const SECONDS = 2;
const OUTPUTS_PER_JOB = 30;

type Family = { format: string; container: Container; path: string; file: ExpectedFile };

const ffprobeCodec = (codec: VideoCodec | AudioCodec): string => FFPROBE_CODECS[codec] ?? codec;

/** One per container and codec. */
function families(): Family[] {
  return CONTAINER_NAMES.flatMap((container) => {
    const { video, audio, extensions } = CONTAINERS[container];
    const path = (name: string) => `/${container}/${name}.${extensions[0]}`;
    const pictures = video.map((codec): Family => ({
      format: `${container}:${codec}`,
      container,
      path: path(`video-${codec}`),
      file: {
        video: { codec: ffprobeCodec(codec) },
        audio: { codec: ffprobeCodec(audio[0]) },
        seconds: SECONDS,
      },
    }));
    const sounds = audio.map((codec): Family => ({
      format: video.length > 0 ? `${container}:x:${codec}` : `${container}:${codec}`,
      container,
      path: path(`audio-${codec}`),
      file: { video: null, audio: { codec: ffprobeCodec(codec) }, seconds: SECONDS },
    }));
    return [...pictures, ...sounds];
  });
}

function inJobs<T>(items: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(items.length / OUTPUTS_PER_JOB) }, (_, index) =>
    items.slice(index * OUTPUTS_PER_JOB, (index + 1) * OUTPUTS_PER_JOB),
  );
}

let bed: TestBed;

beforeAll(async () => {
  bed = await startTestBed(async (directory) => {
    const clip = async (name: string, size: string, seconds: number) =>
      readFile(
        await makeClip(directory, name, [
          ...lavfi(`testsrc2=s=${size}:r=25:d=${seconds}`),
          ...lavfi(`sine=f=440:r=48000:d=${seconds}`),
          ...["-ac", "2", "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac"],
        ]),
      );
    const logo = await makeClip(directory, "logo.png", [...lavfi("color=red:s=64x32"), "-frames:v", "1"]);
    return {
      "small.mp4": await clip("small.mp4", "320x180", SECONDS),
      "example.mp4": await clip("example.mp4", "640x360", 4),
      "logo.png": await readFile(logo),
    };
  });
});

afterAll(() => bed?.close());

async function run(name: string, outputs: object): Promise<OutputView[]> {
  const text = JSON.stringify({
    input: { url: bed.media.url(name) },
    storage: { service: "coconut" },
    notification: { type: "http", url: bed.webhooks.origin },
    outputs,
  });
  const body: unknown = JSON.parse(text.replaceAll(WATERMARK_PLACEHOLDER, bed.media.url("logo.png")));
  const created = await bed.client.create(body);
  return finalView(await bed.client.finish(created.id, 300_000)).outputs;
}

/** The files of an output, in order. */
const linksOf = (output: OutputView): string[] =>
  output.url === undefined ? (output.urls ?? []).map(String) : [output.url];

async function fetchFile(url: string): Promise<string> {
  return downloadFile(url, bed.directory, new URL(url).pathname.replaceAll("/", "_"));
}

async function expectFile(path: string, expected: ExpectedFile): Promise<void> {
  const facts = await probeFacts(path);
  expect(await decodeErrors(path)).toEqual([]);
  if (expected.video !== undefined) {
    expect(facts.video).toEqual(expected.video === null ? null : expect.objectContaining(expected.video));
  }
  if (expected.audio !== undefined) {
    expect(facts.audio).toEqual(expected.audio === null ? null : expect.objectContaining(expected.audio));
  }
  if (expected.seconds !== undefined) {
    // A transport stream does not say how long it is: ffprobe goes by the last group of sound packets.
    const tolerance = path.endsWith(".ts") ? 0.2 : 0.12;
    expect(Math.abs(facts.seconds - expected.seconds)).toBeLessThanOrEqual(tolerance);
  }
}

describe("every container with every codec", () => {
  it.each(inJobs(families()).map((job, index) => ({ part: index + 1, job })))(
    "comes out as asked for (part $part)",
    async ({ job }) => {
      const outputs = await run(
        "small.mp4",
        Object.fromEntries(job.map(({ format, path }) => [format, { path }])),
      );
      for (const [index, { format, container, file }] of job.entries()) {
        const output = outputs[index];
        expect.soft(output, format).toMatchObject({ format, status: "video.encoded" });
        if (output?.url === undefined) {
          continue;
        }
        const path = await fetchFile(output.url);
        const expected = MPEG_AUDIO_IN_MP4.includes(format) ? { ...file, audio: { codec: "mp3" } } : file;
        await expectFile(path, expected).catch((error: unknown) => {
          throw new Error(`${format}: ${String(error)}`, { cause: error });
        });
        const info = await readMediaInfo(path);
        expect.soft(info.general["Format"], format).toBe(MEDIAINFO_CONTAINERS[container]);
        expect.soft([info.video !== null, info.audio !== null], format).toEqual([file.video !== null, true]);
      }
    },
    300_000,
  );
});

describe("the examples of OUTPUTS.md", () => {
  it.each(OUTPUT_EXAMPLES)(
    "$about",
    async ({ outputs: wanted, files, echo }) => {
      const outputs = await run("example.mp4", wanted);
      expect(outputs.map(({ status, error }) => error ?? status)).toEqual(
        outputs.map(({ type }) => (type === "image" ? "image.created" : "video.encoded")),
      );
      const links = outputs.flatMap(linksOf);
      expect(links).toHaveLength(files.length);
      expect(outputs[0]?.format).toBe(echo ?? Object.keys(wanted)[0]);
      for (const [index, file] of files.entries()) {
        await expectLink(links[index] ?? "", file);
      }
    },
    120_000,
  );
});

/** FFmpeg 5.1 decodes neither an animated WebP nor, as a file, WebVTT without cues; the media tier looks into both. */
async function expectLink(url: string, expected: ExpectedFile): Promise<void> {
  const path = await fetchFile(url);
  if (expected.video === undefined && expected.audio === undefined) {
    expect((await readFile(path)).subarray(0, 6).toString()).toMatch(/^(RIFF|WEBVTT)/);
    return;
  }
  await expectFile(path, expected);
}
