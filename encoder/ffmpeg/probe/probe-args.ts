/** The command lines of ffprobe. `parse-probe.ts` reads what they print. */
import { packageInput, sourceInput, TOOL_ARGS } from "../input-guards.ts";

/** What every probe prints: the container and all its streams, as JSON. */
const SHOW = ["-show_format", "-show_streams", "-of", "json"];

/** One decoder thread: probing decodes a handful of frames, and eight of them at once should not take every core. */
const THREADS = ["-threads", "1"];

/** Reads a customer's file, or an MP4 that was made from it. `url` as for `sourceInput`. */
export function probeArgs(url: string): string[] {
  return [...TOOL_ARGS, ...SHOW, ...sourceInput(url, ...THREADS)];
}

/** Reads the first picture of a still. Where its Exif data turns it, only the decoded frame says so. */
export function probeStillArgs(url: string): string[] {
  return [
    ...TOOL_ARGS,
    ...["-show_frames", "-select_streams", "v:0", "-read_intervals", "%+#1", "-of", "json"],
    ...sourceInput(url, ...THREADS),
  ];
}

/** Reads a manifest that the encoder wrote. */
export function probePackageArgs(path: string): string[] {
  return [...TOOL_ARGS, ...SHOW, ...packageInput(path, ...THREADS)];
}
