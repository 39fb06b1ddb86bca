import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { FfmpegTools } from "../../../../../encoder/run/ffmpeg.ts";
import { runProcess } from "../../../../../encoder/run/run-process.ts";
import { makeTestVideo, testVideoArgs } from "../../../../../worker/cli/demo/test-video.ts";
import { localFfmpeg } from "../../../../../worker/cli/local-ffmpeg.ts";

const SAMPLE_RATE_HZ = 8_000;

let directory: string;
let path: string;
let tools: FfmpegTools;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "copra-test-video-"));
  path = join(directory, "test.mp4");
  tools = await localFfmpeg();
  await makeTestVideo(path, tools);
});

afterAll(() => rmSync(directory, { recursive: true, force: true }));

async function run(file: string, args: readonly string[]) {
  const signal = new AbortController().signal;
  return runProcess({ file, args, directory, signal, wallLimitMs: 60_000, limits: null });
}

/** Luma of the whole picture at a time, one byte per pixel. */
async function lumaAt(seconds: number): Promise<Buffer> {
  const raw = join(directory, "frame.gray");
  const end = await run(tools.ffmpegPath, [
    "-v",
    "error",
    "-y",
    "-ss",
    String(seconds),
    "-i",
    path,
    "-frames:v",
    "1",
    "-f",
    "rawvideo",
    "-pix_fmt",
    "gray",
    raw,
  ]);
  expect(end.exitCode).toBe(0);
  return readFileSync(raw);
}

/** How strong a frequency is in mono samples (Goertzel), 1 for a full-scale sine. */
function strengthOf(frequencyHz: number, samples: Int16Array): number {
  let real = 0;
  let imaginary = 0;
  samples.forEach((sample, index) => {
    const angle = (2 * Math.PI * frequencyHz * index) / SAMPLE_RATE_HZ;
    real += (sample / 32_768) * Math.cos(angle);
    imaginary += (sample / 32_768) * Math.sin(angle);
  });
  return (2 * Math.hypot(real, imaginary)) / samples.length;
}

describe("makeTestVideo", () => {
  it("makes twenty seconds of 1280x720 H.264 with stereo AAC", async () => {
    const { stdout } = await run(tools.ffprobePath, [
      "-v",
      "error",
      "-of",
      "json",
      "-show_streams",
      "-show_format",
      "-count_frames",
      path,
    ]);
    const { streams, format } = JSON.parse(stdout);
    expect(streams[0]).toMatchObject({
      codec_name: "h264",
      width: 1280,
      height: 720,
      pix_fmt: "yuv420p",
      nb_read_frames: "600",
    });
    expect(streams[1]).toMatchObject({ codec_name: "aac", channels: 2, sample_rate: "48000" });
    expect(Number(format.duration)).toBeCloseTo(20, 1);
  });

  it("shows another clock every second", async () => {
    // The box of the clock, which covers everything that moves below it.
    const clockAt = async (seconds: number) => {
      const luma = await lumaAt(seconds);
      return Buffer.concat(
        Array.from({ length: 80 }, (_, row) =>
          luma.subarray((320 + row) * 1280 + 320, (320 + row) * 1280 + 1_020),
        ),
      );
    };
    const clocks = [await clockAt(1), await clockAt(2), await clockAt(13)];
    const differing = (a = Buffer.alloc(0), b = Buffer.alloc(0)) =>
      a.filter((value, index) => Math.abs(value - (b[index] ?? 0)) > 80).length;
    expect(differing(clocks[0], clocks[1])).toBeGreaterThan(500);
    expect(differing(clocks[1], clocks[2])).toBeGreaterThan(500);
  });

  it("sounds the tone between the beeps", async () => {
    const raw = join(directory, "sound.s16");
    await run(tools.ffmpegPath, [
      "-v",
      "error",
      "-y",
      "-i",
      path,
      "-ac",
      "1",
      "-ar",
      String(SAMPLE_RATE_HZ),
      "-f",
      "s16le",
      raw,
    ]);
    const bytes = readFileSync(raw);
    const samples = new Int16Array(bytes.buffer, bytes.byteOffset, Math.floor(bytes.byteLength / 2));
    expect(samples.length / SAMPLE_RATE_HZ).toBeCloseTo(20, 1);
    const quiet = samples.subarray(5.2 * SAMPLE_RATE_HZ, 5.9 * SAMPLE_RATE_HZ);
    expect(strengthOf(330, quiet)).toBeGreaterThan(0.05);
    expect(strengthOf(1_320, quiet)).toBeLessThan(0.005);
    const beep = samples.subarray(5 * SAMPLE_RATE_HZ, 5.04 * SAMPLE_RATE_HZ);
    expect(strengthOf(1_320, beep)).toBeGreaterThan(0.05);
  });
});

describe("testVideoArgs", () => {
  it("does without drawtext where there is no font", () => {
    expect(testVideoArgs("/x.mp4", null).join(" ")).not.toContain("drawtext");
    expect(testVideoArgs("/x.mp4", "/font.ttf").join(" ")).toContain("drawtext=fontfile=/font.ttf");
  });
});
