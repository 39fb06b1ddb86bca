/**
 * What Copra needs to know of a source, distilled from ffprobe. The raw ffprobe tree travels beside it in the
 * ingest result; this is the part that plans and conditions are decided on.
 */
import { z } from "zod";

/** A rational such as 30000/1001, kept exact so that frame times do not drift. */
export const rationalSchema = z.object({ num: z.int().positive(), den: z.int().positive() });
export type Rational = z.infer<typeof rationalSchema>;

/** Colour of a picture by FFmpeg's names. */
export const colourSchema = z.object({
  matrix: z.enum(["bt709", "bt601", "bt2020nc", "bt2020c", "smpte240m", "fcc", "ycgco", "rgb"]),
  primaries: z.enum([
    ...(["bt709", "bt470m", "bt470bg", "smpte170m", "smpte240m", "film", "bt2020"] as const),
    ...(["smpte431", "smpte432"] as const),
  ]),
  transfer: z.enum([
    ...(["bt709", "gamma22", "gamma28", "smpte170m", "smpte240m", "linear", "iec61966-2-1"] as const),
    ...(["bt2020-10", "bt2020-12", "smpte2084", "arib-std-b67"] as const),
  ]),
  /** `tv`: studio swing, 16 to 235 in 8 bit. `pc`: all values. */
  range: z.enum(["tv", "pc"]),
});
export type Colour = z.infer<typeof colourSchema>;

/** True for light on the scale of PQ or HLG. */
export function isHdr({ transfer }: Colour): boolean {
  return transfer === "smpte2084" || transfer === "arib-std-b67";
}

/** True when the colours have to be mapped, because a standard picture cannot show all of them. */
export function isHdrOrWideGamut(colour: Colour): boolean {
  const { primaries } = colour;
  const isWide = primaries === "bt2020" || primaries === "smpte431" || primaries === "smpte432";
  return isWide || isHdr(colour);
}

const videoInfoSchema = z.object({
  /** Index among all streams of the file, as in ffmpeg's `0:<index>`. */
  streamIndex: z.int().nonnegative(),
  codec: z.string(),
  /** Coded size, before rotation and before the sample aspect ratio is applied. */
  widthPx: z.int().positive(),
  heightPx: z.int().positive(),
  /** Size in square pixels as a player shows it: sample aspect ratio and rotation applied. */
  displayWidthPx: z.int().positive(),
  displayHeightPx: z.int().positive(),
  /** Clockwise, one of 0, 90, 180, 270. */
  rotationDegrees: z.int(),
  frameRate: rationalSchema.nullable(),
  bitrateBps: z.int().nonnegative().nullable(),
  pixelFormat: z.string().nullable(),
  /** The file's tags, mended where they are absent or impossible. */
  colour: colourSchema,
  /** The file calls its frames interlaced. */
  isInterlaced: z.boolean(),
  hasAlpha: z.boolean(),
});
export type VideoInfo = z.infer<typeof videoInfoSchema>;

const audioInfoSchema = z.object({
  streamIndex: z.int().nonnegative(),
  codec: z.string(),
  channels: z.int().positive(),
  /** FFmpeg's name, such as `5.1(side)`; null when the file does not say. */
  channelLayout: z.string().nullable(),
  sampleRateHz: z.int().positive(),
  bitrateBps: z.int().nonnegative().nullable(),
});
export type AudioInfo = z.infer<typeof audioInfoSchema>;

/** What a track says of itself. */
const trackLabelSchema = z.object({
  streamIndex: z.int().nonnegative(),
  codec: z.string(),
  /** BCP 47 or ISO 639-2 as the file has it; null when it does not say. */
  language: z.string().nullable(),
  title: z.string().nullable(),
  isDefault: z.boolean(),
  isForced: z.boolean(),
});
export type TrackLabel = z.infer<typeof trackLabelSchema>;

const audioTrackSchema = audioInfoSchema.extend(trackLabelSchema.shape);
export type AudioTrack = z.infer<typeof audioTrackSchema>;

export const mediaInfoSchema = z.object({
  /** ffprobe's comma-separated demuxer names, such as `mov,mp4,m4a,3gp,3g2,mj2`. */
  formatName: z.string(),
  mimeType: z.string(),
  sizeBytes: z.int().nonnegative(),
  durationSeconds: z.number().nonnegative().nullable(),
  bitrateBps: z.int().nonnegative().nullable(),
  /** The first real video stream; cover art is not video. */
  video: videoInfoSchema.nullable(),
  /** The first audio stream that this FFmpeg can decode. */
  audio: audioInfoSchema.nullable(),
  /** Every audio track that this FFmpeg can decode, in the order of the file. */
  audioTracks: z.array(audioTrackSchema).max(64),
  /** Every subtitle track of text; pictures of text cannot be made into WebVTT. */
  subtitleTracks: z.array(trackLabelSchema).max(64),
});
export type MediaInfo = z.infer<typeof mediaInfoSchema>;

/** ffprobe's `-show_format -show_streams` tree as it printed it; `format.filename` is blank on the wire. */
export const ffprobeSchema = z.object({
  streams: z.array(z.record(z.string(), z.json())),
  format: z.record(z.string(), z.json()),
});
export type Ffprobe = z.infer<typeof ffprobeSchema>;
