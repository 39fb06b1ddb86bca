/** The input of a watermark in an ffmpeg call, and the call that proves it a picture. */
import { FFMPEG_ARGS, pictureInput } from "../input-guards.ts";

/**
 * Guarded input arguments of one PNG or JPEG; it gives a single frame, which `pictureGraph` shows from the first to the
 * last. `url` as for `sourceInput`.
 *
 * @throws Error for any other address
 */
export function watermarkInput(url: string): string[] {
  return pictureInput(url);
}

/** Decodes a watermark and writes nothing; any flaw is an error. */
export function readWatermarkArgs(url: string): string[] {
  return [
    ...FFMPEG_ARGS,
    ...["-xerror", "-err_detect", "explode"],
    ...watermarkInput(url),
    ...["-map", "0:v:0", "-frames:v", "1", "-f", "null", "-"],
  ];
}
