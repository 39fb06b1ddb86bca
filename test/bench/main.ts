/**
 * `npm run bench`: how Copra compares, as ratios of interleaved runs on this machine. Numbers of one machine at one
 * moment; nothing here passes or fails. Names after `--` choose what is measured, such as `npm run bench -- speed`.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { openBenchBed, type BenchBed } from "./bench-bed.ts";
import { compareSize } from "./equal-quality.ts";
import { compareSpeed } from "./job-speed.ts";
import { compareLatency } from "./latency.ts";
import { measureQuality } from "./quality.ts";
import { compareScaling } from "./scaling.ts";
import { compareStreams } from "./streams.ts";

const MEASUREMENTS = ["latency", "speed", "size", "streams", "scaling", "quality"] as const;
const PAIRS = Number(process.env["BENCH_PAIRS"] ?? 3);

const chosen = process.argv.slice(2);
const unknown = chosen.find((name) => !MEASUREMENTS.some((known) => known === name));
if (unknown !== undefined) {
  console.error(`There is no measurement '${unknown}'. Choose from ${MEASUREMENTS.join(", ")}.`);
  process.exit(2);
}
const isChosen = (name: (typeof MEASUREMENTS)[number]) => chosen.length === 0 || chosen.includes(name);

const directory = mkdtempSync(join(tmpdir(), "copra-bench-"));
try {
  console.log(
    `${cpus().length} x ${cpus()[0]?.model ?? "unknown CPU"}, ${ffmpegVersion()}, ${PAIRS} pairs each`,
  );
  if (isChosen("latency") || isChosen("speed") || isChosen("size") || isChosen("streams")) {
    await withBed(async (bed) => {
      if (isChosen("latency")) {
        await compareLatency(bed);
      }
      if (isChosen("speed")) {
        await compareSpeed(directory, bed, PAIRS);
      }
      if (isChosen("size")) {
        await compareSize(directory, bed);
      }
      if (isChosen("streams")) {
        await compareStreams(directory, bed);
      }
    });
  }
  if (isChosen("scaling")) {
    await compareScaling(directory);
  }
  if (isChosen("quality")) {
    await measureQuality(directory);
  }
} finally {
  rmSync(directory, { recursive: true, force: true });
}

async function withBed(measure: (bed: BenchBed) => Promise<void>): Promise<void> {
  const bed = await openBenchBed({ directory, stateName: "state" });
  try {
    await measure(bed);
  } finally {
    await bed.close();
  }
}

function ffmpegVersion(): string {
  return (
    execFileSync("ffmpeg", ["-version"], { encoding: "utf8" }).split("\n")[0]?.split(" Copyright")[0] ?? ""
  );
}
