/** What the objects that Copra writes are called on the web. */

const CONTENT_TYPES: Record<string, string> = {
  mp4: "video/mp4",
  m4v: "video/mp4",
  mov: "video/quicktime",
  qt: "video/quicktime",
  webm: "video/webm",
  mkv: "video/x-matroska",
  ts: "video/mp2t",
  m2ts: "video/mp2t",
  mts: "video/mp2t",
  avi: "video/x-msvideo",
  divx: "video/x-msvideo",
  asf: "video/x-ms-asf",
  wmv: "video/x-ms-wmv",
  flv: "video/x-flv",
  "3gp": "video/3gpp",
  "3gpp": "video/3gpp",
  ogv: "video/ogg",
  ogg: "audio/ogg",
  oga: "audio/ogg",
  opus: "audio/ogg",
  aac: "audio/aac",
  mp3: "audio/mpeg",
  m4a: "audio/mp4",
  wav: "audio/wav",
  flac: "audio/flac",
  // RFC 8216, 4: the type that players and CDNs know.
  m3u8: "application/vnd.apple.mpegurl",
  mpd: "application/dash+xml",
  // What Apple's own tools call a segment of a fragmented MP4, with a picture or without.
  m4s: "video/iso.segment",
  vtt: "text/vtt; charset=utf-8",
  jpg: "image/jpeg",
  jpeg: "image/jpeg",
  png: "image/png",
  webp: "image/webp",
  gif: "image/gif",
};

/** By the extension of a key or file name; `application/octet-stream` for one that the table does not know. */
export function contentTypeOf(name: string): string {
  const extension = /\.([A-Za-z0-9]+)$/.exec(name)?.[1]?.toLowerCase() ?? "";
  return CONTENT_TYPES[extension] ?? "application/octet-stream";
}
