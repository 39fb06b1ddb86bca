/** The streams of OUTPUTS.md through the whole service: what is asked for comes out, and decodes to the end. */
import { execFile } from "node:child_process";
import { mkdtemp, readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { locateFfmpeg } from "../../encoder/run/locate-ffmpeg.ts";
import { finalView } from "../support/job-client.ts";
import { lavfi, makeClip } from "../support/make-clip.ts";
import { mirrorPackage } from "../support/mirror-package.ts";
import { WATERMARK_PLACEHOLDER } from "../support/output-examples.ts";
import { STREAM_EXAMPLES, SUBTITLES_PLACEHOLDER } from "../support/stream-examples.ts";
import { startTestBed, type TestBed } from "../support/test-bed.ts";

const execute = promisify(execFile);
const tools = await locateFfmpeg();

const SOURCE_SECONDS = 4;
const FRAME_RATE = 25;

let bed: TestBed;

beforeAll(async () => {
  bed = await startTestBed(async (directory) => {
    const clip = await makeClip(directory, "example.mp4", [
      ...lavfi(`testsrc2=s=640x360:r=${FRAME_RATE}:d=${SOURCE_SECONDS}`),
      ...lavfi(`sine=f=440:r=48000:d=${SOURCE_SECONDS}`),
      ...["-ac", "2", "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac"],
    ]);
    const logo = await makeClip(directory, "logo.png", [...lavfi("color=red:s=64x32"), "-frames:v", "1"]);
    return {
      "example.mp4": await readFile(clip),
      "logo.png": await readFile(logo),
      "film.de.vtt": Buffer.from("WEBVTT\n\n00:01.000 --> 00:02.500\nGuten Tag\n"),
    };
  });
});

afterAll(() => bed?.close());

type Link = { format: string; url: string };
type Picture = { height: number; frames: number };

async function linksOf(outputs: object): Promise<Link[]> {
  const text = JSON.stringify({
    input: { url: bed.media.url("example.mp4") },
    storage: { service: "coconut" },
    notification: { type: "http", url: bed.webhooks.origin },
    outputs,
  });
  const body: unknown = JSON.parse(
    text
      .replaceAll(WATERMARK_PLACEHOLDER, bed.media.url("logo.png"))
      .replaceAll(SUBTITLES_PLACEHOLDER, bed.media.url("film.de.vtt")),
  );
  const { id } = await bed.client.create(body);
  const { outputs: views } = finalView(await bed.client.finish(id, 120_000));
  expect(views.map(({ status, error }) => error ?? status)).toEqual(["httpstream.packaged"]);
  // SAFETY: the API's shape for streams.
  return views.flatMap(({ urls }) => (urls ?? []) as Link[]);
}

/** Height and number of frames of every picture behind a manifest. */
async function decodedPictures({ format, url }: Link): Promise<Picture[]> {
  const { manifestPath } = await mirrorPackage(url, await mkdtemp(join(bed.directory, `${format}-`)));
  const pictures = await probe(manifestPath, "v", "height");
  // One at a time: FFmpeg's demuxer of DASH ends with the first stream that ends.
  const decoded = await Promise.all(
    pictures.map((_, index) => probe(manifestPath, `v:${index}`, "height,nb_read_frames", "-count_frames")),
  );
  return decoded.flat().map(({ height, nb_read_frames: frames }) => ({ height, frames: Number(frames) }));
}

type Probed = { height: number; nb_read_frames?: string };

async function probe(path: string, streams: string, entries: string, ...args: string[]): Promise<Probed[]> {
  const { stdout, stderr } = await execute(tools.ffprobePath, [
    ...["-v", "error", "-allowed_extensions", "ALL", ...args, "-select_streams", streams],
    ...["-show_entries", `stream=${entries}`, "-of", "json", path],
  ]);
  expect(stderr).toBe("");
  // SAFETY: ffprobe's own JSON.
  return (JSON.parse(stdout) as { streams: Probed[] }).streams;
}

describe("the streams of OUTPUTS.md", () => {
  it.each(STREAM_EXAMPLES)(
    "$about",
    async ({ outputs, packages, heights, seconds, isPlayable, says = [] }) => {
      const links = await linksOf(outputs);
      expect(links.map(({ format }) => format)).toEqual(packages);
      const [first] = links;
      for (const { file, text } of says) {
        const answer = await fetch(new URL(file, first?.url));
        expect.soft(await answer.text(), file).toContain(text);
      }
      const expected = heights.map((height) => ({ height, frames: seconds * FRAME_RATE }));
      for (const link of isPlayable ? links : []) {
        expect.soft(await decodedPictures(link), link.format).toEqual(expected);
      }
    },
    150_000,
  );
});
