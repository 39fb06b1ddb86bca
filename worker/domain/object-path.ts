/** What a customer's path may look like, so that it names the same object in every store and every URL. */
import { hasControlCharacter } from "./allowed-url.ts";

/**
 * S3's limit for a whole key, less the 46 bytes that Copra's own storage puts in front of it.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html
 */
export const MAX_KEY_BYTES = 1024 - 46;

/**
 * Why a path is refused, as the end of a sentence that begins with the field's name; null for a good one. Dot
 * segments vanish when a URL is parsed, percent-encoded or not, and would name another object. Double slashes
 * stay: Coconut keeps them.
 */
export function pathProblem(path: string): string | null {
  if (!path.isWellFormed() || hasControlCharacter(path)) {
    return "must not hold control characters or broken Unicode";
  }
  if (path.includes("\\")) {
    return "must use / between folders, not \\";
  }
  if (path.split("/").some((segment) => /^(\.|%2e){1,2}$/i.test(segment))) {
    return "must not have . or .. as a folder or file name";
  }
  if (path !== path.trim()) {
    return "must not begin or end with a blank";
  }
  return utf8Length(path) > MAX_KEY_BYTES ? `must be at most ${MAX_KEY_BYTES} bytes long` : null;
}

/** Bytes of a well-formed text in UTF-8. */
export function utf8Length(text: string): number {
  return encodeURIComponent(text).replace(/%../g, "_").length;
}
