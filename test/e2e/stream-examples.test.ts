/**
 * The streams of OUTPUTS.md through the whole service: what is asked for comes out, is valid, and decodes to the end.
 */
import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { decodedFrames } from "../support/decoded-stream.ts";
import { finalView } from "../support/job-client.ts";
import { lavfi, makeClip } from "../support/make-clip.ts";
import { WATERMARK_PLACEHOLDER } from "../support/output-examples.ts";
import { copyPackages, type Link, linksOf } from "../support/stream-bed.ts";
import { STREAM_EXAMPLES, SUBTITLES_PLACEHOLDER } from "../support/stream-examples.ts";
import { startTestBed, type TestBed } from "../support/test-bed.ts";

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

async function publishedLinks(outputs: object): Promise<Link[]> {
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
  return views.flatMap(linksOf);
}

/** Height and number of frames of every picture behind a manifest. */
async function decodedPictures(manifestPath: string): Promise<{ height: number; frames: number }[]> {
  const streams = await decodedFrames(manifestPath);
  return streams.flatMap(({ height, nb_read_frames: frames }) =>
    height === undefined ? [] : [{ height, frames: Number(frames) }],
  );
}

describe("the streams of OUTPUTS.md", () => {
  it.each(STREAM_EXAMPLES)(
    "$about",
    async ({ outputs, packages, heights, seconds, isPlayable, says = [] }) => {
      const links = await publishedLinks(outputs);
      expect(links.map(({ format }) => format)).toEqual(packages);
      const [first] = links;
      for (const { file, text } of says) {
        const answer = await fetch(new URL(file, first?.url));
        expect.soft(await answer.text(), file).toContain(text);
      }
      const expected = heights.map((height) => ({ height, frames: seconds * FRAME_RATE }));
      const copies = await copyPackages(bed.directory, isPlayable ? links : []);
      for (const [format, { manifestPath }] of Object.entries(copies)) {
        expect.soft(await decodedPictures(manifestPath), format).toEqual(expected);
      }
    },
    150_000,
  );
});
