/** Where the WebVTT file of an image output lies. */
import { aroundSequence } from "./image-sequence.ts";

/** Stands for a name that is nothing but a number, such as `/%05d.jpg`. */
const NAMELESS = "thumbnails";

/**
 * Beside the pictures of `imagePath`: with the name `filename`, else with theirs, less the sequence and the mark
 * before it. `/a/thumb_%02d.jpg` has `/a/thumb.vtt`. A folder that is nothing but a number is left out.
 */
export function vttPath(imagePath: string, filename: string | null): string {
  const segments = withoutSequence(imagePath).split("/");
  const name = segments.pop() ?? "";
  const stem = name.replace(/\.[^.]*$/, "");
  return [...segments, filename ?? `${stem === "" ? NAMELESS : stem}.vtt`].join("/");
}

function withoutSequence(path: string): string {
  const sequence = aroundSequence(path);
  if (sequence === null) {
    return path;
  }
  const before = sequence.before.replace(/[-_. ]+$/, "");
  const isWholeFolder = (before === "" || before.endsWith("/")) && sequence.after.startsWith("/");
  return isWholeFolder ? `${before}${sequence.after.slice(1)}` : `${before}${sequence.after}`;
}
