/** What a piece of FFmpeg work is given besides its own plan. */
import type { FfmpegTools } from "./ffmpeg.ts";

export type WorkContext = {
  tools: FfmpegTools;
  /** An empty scratch directory that the work may fill. It is also FFmpeg's working directory. */
  directory: string;
  /** Aborting it kills FFmpeg; the work then rejects with `signal.reason`. */
  signal: AbortSignal;
  /** Called with a fraction from 0 to 1 that never falls. */
  onProgress: (fraction: number) => void;
};
