/**
 * The arguments that keep a hostile file from harming the encoder. Every ffmpeg and ffprobe call on a customer's
 * file starts with them; no other file spells these options.
 */

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
] as const;

/** Demuxers that read back what the encoder itself has packaged. */
const PACKAGE_FORMATS = ["hls", "mpegts"] as const;

/** 8192 x 4320, the largest picture that is decoded. A small PNG can claim a thousand times more. */
export const MAX_PICTURE_PIXELS = 8192 * 4320;

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

/** Options that stand before the `-i` of a customer's file, or of an MP4 that was made from it. */
export const SOURCE_GUARDS: readonly string[] = guards(SOURCE_FORMATS);

/** Options that stand before the `-i` of a playlist that the encoder wrote. */
export const PACKAGE_GUARDS: readonly string[] = guards(PACKAGE_FORMATS);

function guards(formats: readonly string[]): string[] {
  return [
    // A file that names an address opens nothing but local files, and through the format list not even those.
    "-protocol_whitelist",
    "file",
    "-format_whitelist",
    formats.join(","),
    // Checked by the decoder for every picture, so a change of size in mid-stream is caught too.
    "-max_pixels",
    String(MAX_PICTURE_PIXELS),
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
