/** The media type of a source, from ffprobe's demuxer name, its brand and what is inside. */

type Content = {
  /** ffprobe's comma-separated demuxer names. */
  formatName: string;
  /** `format.tags.major_brand` of an ISO file, such as `qt  ` or `isom`. */
  majorBrand: string | null;
  videoCodec: string | null;
  audioCodec: string | null;
};

/** The codecs that WebM may hold; anything else makes the same container Matroska. */
const WEBM_CODECS = new Set(["vp8", "vp9", "av1", "opus", "vorbis"]);

/** Demuxer name, media type with a picture, media type with sound only. */
const TYPES: readonly (readonly [format: string, video: string, audio: string])[] = [
  ["mov", "video/mp4", "audio/mp4"],
  ["matroska", "video/x-matroska", "audio/x-matroska"],
  ["avi", "video/x-msvideo", "video/x-msvideo"],
  ["mpegts", "video/mp2t", "video/mp2t"],
  ["mpeg", "video/mpeg", "audio/mpeg"],
  ["flv", "video/x-flv", "video/x-flv"],
  ["ogg", "video/ogg", "audio/ogg"],
  ["asf", "video/x-ms-wmv", "audio/x-ms-wma"],
  ["mxf", "application/mxf", "application/mxf"],
  ["dv", "video/x-dv", "video/x-dv"],
  ["gif", "image/gif", "image/gif"],
  ["wav", "audio/wav", "audio/wav"],
  ["w64", "audio/x-w64", "audio/x-w64"],
  ["aiff", "audio/aiff", "audio/aiff"],
  ["caf", "audio/x-caf", "audio/x-caf"],
  ["mp3", "audio/mpeg", "audio/mpeg"],
  ["aac", "audio/aac", "audio/aac"],
  ["flac", "audio/flac", "audio/flac"],
  ["ac3", "audio/ac3", "audio/ac3"],
  ["eac3", "audio/eac3", "audio/eac3"],
  ["amr", "audio/amr", "audio/amr"],
  ["apng", "image/apng", "image/apng"],
  ["png_pipe", "image/png", "image/png"],
  ["jpeg_pipe", "image/jpeg", "image/jpeg"],
  ["webp_pipe", "image/webp", "image/webp"],
  ["bmp_pipe", "image/bmp", "image/bmp"],
  ["tiff_pipe", "image/tiff", "image/tiff"],
  ["jpegxl_pipe", "image/jxl", "image/jxl"],
];

/** The media type; `application/octet-stream` for a container without one here. */
export function deriveMimeType(content: Content): string {
  const names = content.formatName.split(",");
  const row = TYPES.find(([format]) => names.includes(format));
  if (!row) {
    return "application/octet-stream";
  }
  const [format, video, audio] = row;
  const kind = content.videoCodec === null ? "audio" : "video";
  if (format === "mov") {
    return isoType(content.majorBrand?.trim().toLowerCase() ?? "", kind);
  }
  if (format === "matroska" && isWebm(content)) {
    return `${kind}/webm`;
  }
  return kind === "video" ? video : audio;
}

function isoType(brand: string, kind: "video" | "audio"): string {
  if (brand === "qt") {
    return "video/quicktime";
  }
  return brand.startsWith("3g") ? `${kind}/3gpp` : `${kind}/mp4`;
}

function isWebm(content: Content): boolean {
  return [content.videoCodec, content.audioCodec].every((codec) => codec === null || WEBM_CODECS.has(codec));
}
