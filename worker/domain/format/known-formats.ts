/**
 * The vocabulary of Coconut's formats page beyond what is built: names that are answered with "not supported
 * yet" instead of "unknown". Whoever builds one moves it from here to the parser.
 * @see https://docs.coconut.co/references/formats
 */

/** File name extensions, first the usual one. Music files from `mp4` without a picture may also be `.m4a`. */
export const CONTAINER_EXTENSIONS = {
  mp4: ["mp4", "m4v"],
  jpg: ["jpg", "jpeg"],
  png: ["png"],
} as const satisfies Record<string, readonly [string, ...string[]]>;

export const PENDING_CONTAINERS: readonly string[] = [
  ...["webm", "mpegts", "mov", "ogg", "aac", "mp3", "wav", "webp", "gif", "webp_anim"],
  // Accepted by Coconut before 2021 and, some of them, after; `hls` was the name of mpegts.
  ...["avi", "mkv", "asf", "flv", "3gp", "ogv", "hls"],
];

export const PENDING_VIDEO_CODECS: readonly string[] = [
  ...["copy", "dnxhd", "hevc", "prores", "prores-ks", "theora", "vp8", "vp9"],
  ...["mpeg4", "xvid", "flv", "h263", "mjpeg", "mpeg1video", "mpeg2video", "wmv1", "wmv2", "huffyuv"],
];

export const PENDING_AUDIO_CODECS: readonly string[] = [
  ...["ac3", "amr-nb", "copy", "flac", "mp2", "mp3", "vorbis", "wmav2"],
  ...["pcm", "pcm-alaw", "pcm-s16le", "pcm-u8"],
];

export const PENDING_OPTIONS: readonly string[] = ["frag", "metadata", "vprofile", "level", "pix_fmt"];
