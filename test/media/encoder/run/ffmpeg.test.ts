import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runFfmpeg, runFfprobe, wallLimitFor, type FfmpegRun } from "../../../../encoder/run/ffmpeg.ts";
import { makeTestDirectory } from "../../../support/make-clip.ts";
import { aWorkContext } from "../../../support/work-context.ts";

let directory: Awaited<ReturnType<typeof makeTestDirectory>>;
beforeAll(async () => {
  directory = await makeTestDirectory();
});
afterAll(() => directory.remove());

const PROGRESS = [
  "-hide_banner",
  "-v",
  "level+warning",
  "-nostdin",
  "-nostats",
  "-progress",
  "pipe:1",
  "-stats_period",
  "0.1",
];
const picture = (graph: string) => [...PROGRESS, "-f", "lavfi", "-i", graph, "-c:v", "libx264"];

function aRun(overrides: Partial<FfmpegRun> = {}): FfmpegRun {
  return { expectedSeconds: null, wallLimitMs: 60_000, onProgress: () => {}, ...overrides };
}

describe("runFfmpeg", () => {
  it("turns FFmpeg's progress into rising fractions of the expected length", async () => {
    const fractions: number[] = [];
    const run = aRun({ expectedSeconds: 20, onProgress: (fraction) => fractions.push(fraction) });
    await runFfmpeg(
      [...picture("testsrc2=s=640x360:d=10"), "-f", "null", "-"],
      await aWorkContext(directory.path),
      run,
    );
    expect(fractions.at(-1)).toBeCloseTo(0.5, 2);
    expect(fractions).toEqual([...fractions].sort((one, other) => one - other));
  });

  it("returns the warnings of a run that succeeded", async () => {
    const args = [...picture("testsrc2=s=64x64:d=0.1"), "-pix_fmt", "yuvj420p", "-f", "null", "-"];
    await expect(runFfmpeg(args, await aWorkContext(directory.path), aRun())).resolves.toContain(
      "[warning] deprecated pixel format",
    );
  });

  it("fails with the code that belongs to FFmpeg's complaint, and keeps the complaint for the log", async () => {
    const work = runFfmpeg(
      [...picture("nosuchsource"), "-f", "null", "-"],
      await aWorkContext(directory.path),
      aRun(),
    );
    await expect(work).rejects.toMatchObject({
      name: "TaskFailure",
      failure: { code: "encode_failed" },
      log: expect.stringContaining("nosuchsource"),
    });
  });

  it("ends a run at its wall clock limit", async () => {
    const endless = [...PROGRESS, "-re", "-f", "lavfi", "-i", "testsrc2=s=64x64", "-f", "null", "-"];
    const work = runFfmpeg(endless, await aWorkContext(directory.path), aRun({ wallLimitMs: 300 }));
    await expect(work).rejects.toMatchObject({ failure: { code: "encode_timed_out" } });
  });

  it("ends at once with the reason of an abort", async () => {
    const endless = [...PROGRESS, "-re", "-f", "lavfi", "-i", "testsrc2=s=64x64", "-f", "null", "-"];
    const controller = new AbortController();
    const ctx = await aWorkContext(directory.path, { signal: controller.signal });
    const reason = new Error("encoder is stopping");
    const run = aRun({ expectedSeconds: 60, onProgress: () => controller.abort(reason) });
    await expect(runFfmpeg(endless, ctx, run)).rejects.toBe(reason);
  });
});

describe("runFfprobe", () => {
  it("returns what ffprobe prints", async () => {
    const args = [
      "-v",
      "error",
      "-f",
      "lavfi",
      "-i",
      "sine=d=1",
      "-show_entries",
      "stream=codec_type",
      "-of",
      "csv=p=0",
    ];
    await expect(runFfprobe(args, await aWorkContext(directory.path), "source_not_media")).resolves.toBe(
      "audio\n",
    );
  });

  it("fails with the code that an unknown complaint means at this place", async () => {
    const ctx = await aWorkContext(directory.path);
    for (const code of ["source_not_media", "output_check_failed"] as const) {
      await expect(runFfprobe(["-v", "error", "/nowhere"], ctx, code)).rejects.toMatchObject({
        failure: { code },
      });
    }
  });
});

describe("wallLimitFor", () => {
  it("grows with the length of the media and has a floor", () => {
    expect(wallLimitFor(0)).toBe(600_000);
    expect(wallLimitFor(60)).toBe(2_400_000);
    expect(wallLimitFor(null)).toBe(wallLimitFor(3600));
  });
});
