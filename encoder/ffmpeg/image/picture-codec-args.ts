/** How still pictures are written: the files that customers get, and the lossless ones between two steps. */
import type { ImageSpec } from "../../contract/output-spec.ts";

/** `tile` is for pictures that are put together to something else. */
export type PictureFormat = ImageSpec["format"] | "tile";

/** JPEG quality of mjpeg, 2 best to 31 worst: 3 is hard to tell from the source at a sixth of a PNG's size. */
const JPEG_QUALITY = "3";

/** By SSIM and by eye as good as that JPEG, at half to three quarters of its size. */
const WEBP_QUALITY = "85";

/** Extension of the format's files. */
export function pictureExtension(format: PictureFormat): string {
  return format === "tile" ? "png" : format;
}

/** Codec and muxer of one picture or of a numbered series; the file's name follows. */
export function pictureCodecArgs(format: PictureFormat): string[] {
  return [
    // `passthrough` hands on exactly the selected frames; any other mode fills the gaps between them.
    ...["-fps_mode", "passthrough"],
    ...CODEC_ARGS[format],
    // One slice thread: with more, mjpeg's bytes depend on their number.
    ...["-threads", "1", "-f", "image2"],
  ];
}

const CODEC_ARGS: Readonly<Record<PictureFormat, readonly string[]>> = {
  jpg: ["-c:v", "mjpeg", "-q:v", JPEG_QUALITY],
  png: ["-c:v", "png", "-pred", "mixed"],
  webp: ["-c:v", "libwebp", "-quality", WEBP_QUALITY],
  // Read once and deleted: time is worth more than size.
  tile: ["-c:v", "png", "-compression_level", "1"],
};

/** One file with exactly this name; without it the muxer reads `%` in the path as a counter. */
export const ONE_FILE: readonly string[] = ["-frames:v", "1", "-update", "1"];
