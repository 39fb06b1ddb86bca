/** One encode of one clip on one thread: its bytes, its CPU seconds and its SSIM. */
import { execFileSync, spawnSync } from "node:child_process";
import { statSync } from "node:fs";
import type { Colour } from "../../encoder/contract/media-info.ts";
import type { VideoSpec } from "../../encoder/contract/output-spec.ts";
import { videoCodecArgs } from "../../encoder/ffmpeg/codec/video-codec-args.ts";
import type { QUALITY_CRF } from "../../worker/domain/format/quality-table.ts";
import type { QualityClip } from "./quality-clips.ts";

export type LadderCodec = keyof typeof QUALITY_CRF;

export type Encode = { crf: number; sizeBytes: number; cpuSeconds: number; ssimDb: number };

const COLOUR: Colour = { matrix: "bt709", primaries: "bt709", transfer: "bt709", range: "tv" };

/** Copra's own arguments for a whole file on a single thread; a preset takes the place of the usual one. */
export function ladderArgs(codec: LadderCodec, crf: number, preset: string | null): string[] {
  // The clips have the output's size and format, so no filter is built of this.
  const frame = { widthPx: 640, heightPx: 360, scaledWidthPx: 640, scaledHeightPx: 360 };
  const turns = {
    deinterlace: "off",
    flattensAlpha: false,
    transpose: null,
    hflip: false,
    vflip: false,
  } as const;
  const colours = { sourceColour: COLOUR, colour: COLOUR, pixelFormat: "yuv420p" } as const;
  const video: VideoSpec = {
    codec,
    sourceStreamIndex: 0,
    picture: { ...turns, ...colours, frame, blur: 0, watermark: null },
    frameRate: null,
    rate: { mode: "quality", crf, maxrateBps: null },
    keyframeIntervalSeconds: null,
    profile: null,
    level: null,
  };
  const args = videoCodecArgs(video, { threads: 1, rateHint: null, pass: null, chunkStartSeconds: null });
  return preset === null ? args : [...args, ...presetArgs(codec, preset)];
}

/** FFmpeg takes the last of an option that is given twice. */
function presetArgs(codec: LadderCodec, preset: string): string[] {
  return codec === "vp8" || codec === "vp9" ? ["-cpu-used", preset] : ["-preset", preset];
}

/** Encodes the clip to a file, which the next encode overwrites, and measures it. */
export function encodeClip(clip: QualityClip, path: string, args: readonly string[], crf: number): Encode {
  const run = spawnSync(
    "ffmpeg",
    ["-hide_banner", "-nostdin", "-nostats", "-y", "-benchmark", "-i", clip.path, ...args, path],
    // SVT-AV1 writes to the terminal by itself; 1 leaves its errors.
    { encoding: "utf8", env: { ...process.env, SVT_LOG: "1" } },
  );
  if (run.status !== 0) {
    throw new Error(`FFmpeg failed on ${args.join(" ")}: ${run.stderr.slice(-400)}`);
  }
  return {
    crf,
    sizeBytes: statSync(path).size,
    cpuSeconds: cpuSeconds(run.stderr),
    ssimDb: ssimDb(path, clip.path),
  };
}

/** What `-benchmark` reports: user and system time, which other work on the machine hardly changes. */
function cpuSeconds(log: string): number {
  const [, user, system] = /utime=([\d.]+)s stime=([\d.]+)s/.exec(log) ?? [];
  return Number(user) + Number(system);
}

/** Structural similarity of all planes, averaged over the frames, in decibels. */
function ssimDb(path: string, source: string): number {
  // Frames are paired by number: Matroska rounds their times to milliseconds.
  const graph = "[0:v]settb=1/25,setpts=N[a];[1:v]settb=1/25,setpts=N[b];[a][b]ssim=stats_file=-";
  const args = [
    "-v",
    "fatal",
    "-nostdin",
    "-i",
    path,
    "-i",
    source,
    "-lavfi",
    graph,
    "-fps_mode",
    "passthrough",
    "-f",
    "null",
    "-",
  ];
  const lines = execFileSync("ffmpeg", args, { encoding: "utf8", maxBuffer: 2 ** 26 });
  const values = [...lines.matchAll(/All:([\d.]+)/g)].map((match) => Number(match[1]));
  return -10 * Math.log10(1 - values.reduce((sum, value) => sum + value, 0) / values.length);
}
