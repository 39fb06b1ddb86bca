/** Rationals on FFmpeg's command line. */
import type { Rational } from "../contract/media-info.ts";

/** `30000/1001`, or with another separator where FFmpeg wants one. */
export function rationalArg({ num, den }: Rational, separator: "/" | ":" = "/"): string {
  return `${num}${separator}${den}`;
}
