/**
 * The arguments that keep a hostile file from harming the encoder. Every input of an ffmpeg or ffprobe call on a
 * customer's file is spelt by `sourceInput`; no other file names these options.
 */
import { MAX_PICTURE_PIXELS } from "../contract/formats.ts";

/**
 * Demuxers that read a customer's file, by ffmpeg's names. All of them are self-contained: none opens a second file
 * or address that the file names, as `hls`, `dash`, `concat` and the image patterns do. `mov` covers mp4, m4a and
 * 3gp; `matroska` covers webm.
 */
const SOURCE_FORMATS = [
  "mov",
  "matroska",
  "avi",
  "mpegts",
  "mpeg",
  "flv",
  "ogg",
  "asf",
  "mxf",
  "dv",
  "gif",
  "wav",
  "w64",
  "aiff",
  "caf",
  "mp3",
  "aac",
  "flac",
  "ac3",
  "eac3",
  "amr",
  "apng",
] as const;

/**
 * Demuxers of pictures in one file. Unlike `image2` they know no patterns of file names; SVG is left out because its
 * renderer reads what it likes.
 */
const STILL_FORMATS = ["png_pipe", "jpeg_pipe", "webp_pipe", "bmp_pipe", "tiff_pipe", "jpegxl_pipe"] as const;

/** True for ffprobe's name of a still picture's demuxer. */
export function isStillFormat(formatName: string): boolean {
  return STILL_FORMATS.some((name) => name === formatName);
}

/** Demuxers that read watermarks. */
const MARK_FORMATS = ["png_pipe", "jpeg_pipe"] as const;

/** Demuxers that read a file with subtitles: SubRip, WebVTT and ASS. */
const SUBTITLE_FORMATS = ["srt", "webvtt", "ass"] as const;

/** Demuxers that read back what the encoder itself has packaged. */
const PACKAGE_FORMATS = ["hls", "dash", "mpegts", "mov"] as const;

/** The largest watermark that is decoded; it ends up a fifth as wide and as high as a frame. */
const MAX_MARK_PIXELS = 4096 * 4096;

/** That limit in words. */
export const MARK_LIMIT = "4096x4096 pixels";

/** Streams of one file. Real masters have a dozen; each costs a decoder's memory. */
export const MAX_STREAMS = 64;

/** One allocation. The largest honest one is a frame: 8192 x 4320, 4:4:4, 16 bit is 212 MB. */
const MAX_ALLOCATION_BYTES = 512 * 1024 * 1024;

/** Flags that both tools take: no banner, and log lines that carry their level for `classifyFailure`. */
export const TOOL_ARGS: readonly string[] = [
  "-hide_banner",
  "-v",
  "level+warning",
  "-max_alloc",
  String(MAX_ALLOCATION_BYTES),
];

/**
 * Options that only ffmpeg knows: never read the terminal, overwrite what a broken attempt left in the scratch
 * directory, and report progress as `key=value` lines on stdout twice a second (`parseProgress`).
 */
export const FFMPEG_ARGS: readonly string[] = [
  ...TOOL_ARGS,
  "-nostdin",
  "-y",
  "-nostats",
  "-stats_period",
  "0.5",
  "-progress",
  "pipe:1",
];

/**
 * The input of a customer's file, or of an MP4 that was made from it: guards, `flags`, `-i` and the address.
 *
 * `url` is what `fileUrl` gives, or an address of the encoder's own range cache such as
 * `http://127.0.0.1:40001/source`.
 *
 * @throws Error for any other address: no customer's server is ever FFmpeg's to talk to
 */
export function sourceInput(url: string, ...flags: string[]): string[] {
  return [
    ...transportGuards(url),
    ...formatGuards([...SOURCE_FORMATS, ...STILL_FORMATS]),
    ...flags,
    "-i",
    url,
  ];
}

/** The input of a manifest that the encoder wrote, with media and keys beside it. */
export function packageInput(path: string, ...flags: string[]): string[] {
  // `crypto` is what encrypted segments of local files are read through. Keys have names of their own.
  const guards = ["-protocol_whitelist", "file,crypto", "-allowed_extensions", "ALL"];
  return [...guards, ...formatGuards(PACKAGE_FORMATS), ...flags, "-i", fileUrl(path)];
}

/** The input of a customer's PNG or JPEG that is laid over pictures. `url` as for `sourceInput`. */
export function pictureInput(url: string, ...flags: string[]): string[] {
  return [...transportGuards(url), ...formatGuards(MARK_FORMATS, MAX_MARK_PIXELS), ...flags, "-i", url];
}

/** The input of a customer's file with subtitles alone. `url` as for `sourceInput`. */
export function subtitleInput(url: string, ...flags: string[]): string[] {
  return [...transportGuards(url), ...formatGuards(SUBTITLE_FORMATS), ...flags, "-i", url];
}

/** A file that names an address opens nothing but local files, and through the format list not even those. */
const FILE_ONLY: readonly string[] = ["-protocol_whitelist", "file"];

/**
 * No `file`: what is read over the loopback can reach no local file, and through the format list no address either.
 * FFmpeg takes a proxy from the environment, which `run-process.ts` keeps empty.
 */
const LOOPBACK_ONLY: readonly string[] = [
  "-protocol_whitelist",
  "http,tcp",
  // The cache never redirects. Should it ever be made to, the answer is an error.
  "-max_redirects",
  "0",
  // Told, not guessed from headers: an index at the end of the file is always fetched from there.
  "-seekable",
  "1",
];

const LOOPBACK_ADDRESS = /^http:\/\/127\.0\.0\.1:\d{1,5}\//;

function transportGuards(url: string): readonly string[] {
  if (url.startsWith("file:")) {
    return FILE_ONLY;
  }
  if (LOOPBACK_ADDRESS.test(url)) {
    return LOOPBACK_ONLY;
  }
  throw new Error("FFmpeg reads local files and the loopback range cache only");
}

function formatGuards(formats: readonly string[], maxPixels: number = MAX_PICTURE_PIXELS): string[] {
  return [
    "-format_whitelist",
    formats.join(","),
    // Checked by the decoder for every picture, so a change of size in mid-stream is caught too.
    "-max_pixels",
    String(maxPixels),
    // One more than is accepted: FFmpeg 7 reads a Matroska file up to this limit and says nothing of the rest, so a
    // file that has reached it is one that has too many.
    "-max_streams",
    String(MAX_STREAMS + 1),
  ];
}

/** A local path as ffmpeg must see it: with its protocol, a name such as `a:b`, `-x` or `%d` is only a name. */
export function fileUrl(path: string): string {
  return `file:${path}`;
}

/** Seconds as an argument: plain decimal notation to the microsecond, ffmpeg's own resolution. */
export function secondsArg(seconds: number): string {
  return seconds.toFixed(6).replace(/\.?0+$/, "");
}
