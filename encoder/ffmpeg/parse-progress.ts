/** The `-progress` stream of ffmpeg: blocks of `key=value` lines, each closed by a `progress` line. */

type ProgressSample = {
  /** How much of the output is written, in microseconds of its own time; null before the first frame. */
  outTimeUs: number | null;
  /** Frames that the first picture of the command line has; null without one. */
  frameCount: number | null;
  /** True once, for the last block of a run that came to its end. */
  end: boolean;
};

/**
 * A reader of the stream, fed one line at a time. It returns a sample at the end of each block and null in between.
 * `out_time_us` is used because `out_time_ms` holds microseconds too, by an old mistake that ffmpeg keeps.
 */
export function createProgressParser(): (line: string) => ProgressSample | null {
  let outTimeUs: number | null = null;
  let frameCount: number | null = null;
  return (line) => {
    const [key, value = ""] = line.trim().split("=");
    if (key === "out_time_us") {
      // `N/A` before the first packet; a huge negative number where older versions have no time yet.
      outTimeUs = /^\d+$/.test(value) ? Number(value) : null;
    }
    if (key === "frame") {
      frameCount = /^\d+$/.test(value) ? Number(value) : null;
    }
    return key === "progress" ? { outTimeUs, frameCount, end: value === "end" } : null;
  };
}
