/** What the objects that Copra writes are called on the web. */

const CONTENT_TYPES: Record<string, string> = {
  mp4: "video/mp4",
  ts: "video/mp2t",
  // RFC 8216, 4: the type that players and CDNs know.
  m3u8: "application/vnd.apple.mpegurl",
  jpg: "image/jpeg",
  png: "image/png",
};

/** By the extension of a key or file name; `application/octet-stream` for one that the table does not know. */
export function contentTypeOf(name: string): string {
  const extension = /\.([A-Za-z0-9]+)$/.exec(name)?.[1]?.toLowerCase() ?? "";
  return CONTENT_TYPES[extension] ?? "application/octet-stream";
}
