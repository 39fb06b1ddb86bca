/** Turns the path of a request into an object key, once and strictly, for every route that serves objects. */

/** R2's limit. */
const MAX_KEY_BYTES = 1024;

/**
 * Decodes percent-encoding exactly once. Null when the path is no key: undecodable, empty or too long, with a
 * control character, or with a segment `.` or `..`, however it was encoded.
 */
export function parseObjectKey(encodedPath: string): string | null {
  let key: string;
  try {
    key = decodeURIComponent(encodedPath);
  } catch {
    return null;
  }
  const isSafe =
    key !== "" &&
    new TextEncoder().encode(key).length <= MAX_KEY_BYTES &&
    // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
    !/[\u0000-\u001f\u007f]/.test(key) &&
    !key.split("/").some((segment) => /^(?:\.|%2e){1,2}$/i.test(segment));
  return isSafe ? key : null;
}
