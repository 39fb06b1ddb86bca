/** Conditional requests of RFC 9110 §13, for reads of one stored object. */

/** What conditions are compared with. `etag` is quoted and strong. */
export type Validators = { etag: string; uploadedAt: number };

/** Decides in the order of RFC 9110 §13.2.2 whether a GET or HEAD proceeds. */
export function evaluatePreconditions(
  headers: Headers,
  validators: Validators,
): "proceed" | "not_modified" | "precondition_failed" {
  const ifMatch = headers.get("if-match");
  const unmodifiedSince = parseHttpDate(headers.get("if-unmodified-since"));
  if (ifMatch !== null) {
    if (!listsEtag(ifMatch, validators.etag, "strong")) {
      return "precondition_failed";
    }
  } else if (unmodifiedSince !== null && toWholeSeconds(validators.uploadedAt) > unmodifiedSince) {
    return "precondition_failed";
  }
  const ifNoneMatch = headers.get("if-none-match");
  const modifiedSince = parseHttpDate(headers.get("if-modified-since"));
  if (ifNoneMatch !== null) {
    return listsEtag(ifNoneMatch, validators.etag, "weak") ? "not_modified" : "proceed";
  }
  return modifiedSince !== null && toWholeSeconds(validators.uploadedAt) <= modifiedSince
    ? "not_modified"
    : "proceed";
}

/** Whether a Range header still speaks of this version of the object (If-Range); true without the header. */
export function ifRangeHolds(header: string | null, validators: Validators): boolean {
  if (header === null) {
    return true;
  }
  return header.includes('"')
    ? header.trim() === validators.etag
    : parseHttpDate(header) === toWholeSeconds(validators.uploadedAt);
}

function listsEtag(header: string, etag: string, comparison: "strong" | "weak"): boolean {
  if (header.trim() === "*") {
    return true;
  }
  const listed = header.match(/(?:W\/)?"[^"]*"/g) ?? [];
  return listed.some((entry) => entry === etag || (comparison === "weak" && entry === `W/${etag}`));
}

function parseHttpDate(text: string | null): number | null {
  const time = text === null ? Number.NaN : Date.parse(text);
  return Number.isNaN(time) ? null : time;
}

/** HTTP dates have no fraction of a second. */
function toWholeSeconds(time: number): number {
  return Math.floor(time / 1000) * 1000;
}
