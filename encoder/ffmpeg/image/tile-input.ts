/** Reading back the lossless pictures that the encoder itself has taken. */
import type { Rational } from "../../contract/media-info.ts";
import { rationalArg } from "../rational-arg.ts";

/** The numbered pictures of `pattern` in ffmpeg's working directory, from `firstNumber` on to the last. */
export function tileInput(
  pattern: string,
  firstNumber: number,
  frameRate: Rational = { num: 1, den: 1 },
): string[] {
  return [
    ...["-protocol_whitelist", "file", "-f", "image2"],
    ...["-framerate", rationalArg(frameRate), "-start_number", String(firstNumber)],
    ...["-i", pattern],
  ];
}
