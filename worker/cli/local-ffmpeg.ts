/** FFmpeg for the commands: found, or installed where that may be, or one sentence that says how. */
import type { FfmpegTools } from "../../encoder/run/ffmpeg.ts";
import { ensureFfmpeg } from "../../encoder/run/install-ffmpeg.ts";
import { CliError } from "./cli-error.ts";

/** @throws CliError when it is not there and cannot be installed. */
export async function localFfmpeg(): Promise<FfmpegTools> {
  try {
    return await ensureFfmpeg();
  } catch (error) {
    throw new CliError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}
