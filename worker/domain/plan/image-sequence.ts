/**
 * Numbers in the file names of images: one printf sequence such as `%02d` or `%.2d`, or Coconut's older `#num#`.
 * Every other percent sign is an ordinary character of the name.
 */

/**
 * `%d`, `%1d`, `%02d`, `%.2d`. The width has one digit, so that the percent-encoded blank of `my%20dog.jpg` is
 * no sequence.
 */
const SEQUENCE = /%[.0]?([1-9])?d|#num#/g;

/** How many sequences a path holds; more than one is ambiguous. */
export function countSequences(path: string): number {
  return path.match(SEQUENCE)?.length ?? 0;
}

/**
 * The path of the image with this 1-based number. Widths pad with zeros, also where C would use blanks (`%5d`):
 * FFmpeg's own file name patterns do the same. A path without a sequence stays as it is.
 */
export function numberedPath(path: string, imageNumber: number): string {
  return path.replace(SEQUENCE, (sequence, width: string | undefined) =>
    String(imageNumber).padStart(sequence === "#num#" ? 2 : Number(width ?? 1), "0"),
  );
}

/** What stands before and after the sequence; null without one. */
export function aroundSequence(path: string): { before: string; after: string } | null {
  const match = new RegExp(SEQUENCE).exec(path);
  return match === null
    ? null
    : { before: path.slice(0, match.index), after: path.slice(match.index + match[0].length) };
}
