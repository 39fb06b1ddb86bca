/**
 * Outputs as an encoder understands them: fully resolved against the source. No Coconut vocabulary, no
 * defaults and no choice is left; units are in the names.
 */
import { z } from "zod";
import {
  AUDIO_CODECS,
  CHANNEL_LAYOUT_NAMES,
  CONTAINER_NAMES,
  PIXEL_FORMATS,
  VIDEO_CODECS,
} from "./formats.ts";
import { colourSchema, rationalSchema } from "./media-info.ts";

const sidePx = z.int().min(1).max(65_535);

/**
 * The scaled source and the finished picture, both in square pixels and centred on each other: where the finished
 * picture is larger it has bars, where it is smaller the source is cropped.
 */
export const frameSizeSchema = z.object({
  /** Size of the finished picture: even sides in video, as 4:2:0 needs. */
  widthPx: sidePx,
  heightPx: sidePx,
  /** Size of the scaled source, after its turns. */
  scaledWidthPx: sidePx,
  scaledHeightPx: sidePx,
});
export type FrameSize = z.infer<typeof frameSizeSchema>;

export const WATERMARK_POSITIONS = ["topleft", "topright", "bottomleft", "bottomright"] as const;

/** A picture in a corner, scaled into a box in proportion. */
const watermarkSchema = z.object({
  /** Which of the task's `watermarkUrls`. */
  source: z.int().nonnegative(),
  position: z.enum(WATERMARK_POSITIONS),
  maxWidthPx: z.int().min(1),
  maxHeightPx: z.int().min(1),
  /** Between the mark and the edges of the frame. */
  marginXPx: z.int().nonnegative(),
  marginYPx: z.int().nonnegative(),
});
export type Watermark = z.infer<typeof watermarkSchema>;

/** From a decoded frame to the finished picture, in the order in which it is done. */
const pictureSpecSchema = z.object({
  /** `flagged`: only frames that the source calls interlaced. `all`: whatever it says. */
  deinterlace: z.enum(["off", "flagged", "all"]),
  /** What the decoded frames are. The tags of the file, mended where they are absent or impossible. */
  sourceColour: colourSchema,
  /** What the finished picture is. BT.2020 or HDR to BT.709 includes a tone mapping. */
  colour: colourSchema,
  /** Lays transparent pictures over black, because the finished one has no alpha channel. */
  flattensAlpha: z.boolean(),
  /** FFmpeg's `transpose` (0 to 3) on the upright picture, before the flips; null does not turn it. */
  transpose: z.int().min(0).max(3).nullable(),
  hflip: z.boolean(),
  vflip: z.boolean(),
  frame: frameSizeSchema,
  /** 0 for none to 5, of images. */
  blur: z.int().min(0).max(5),
  watermark: watermarkSchema.nullable(),
  pixelFormat: z.enum(PIXEL_FORMATS),
});
export type PictureSpec = z.infer<typeof pictureSpecSchema>;

const videoRateSchema = z.discriminatedUnion("mode", [
  z.object({
    mode: z.literal("bitrate"),
    bitrateBps: z.int().positive(),
    /** Ceiling over a window of two of its seconds. A property of the whole output, equal in all its chunks. */
    maxrateBps: z.int().positive(),
    /** 2 looks at the whole span before it spends a bit. */
    passes: z.union([z.literal(1), z.literal(2)]),
  }),
  z.object({
    mode: z.literal("quality"),
    /** The encoder's constant rate factor on its own scale: lower is better. */
    crf: z.number().min(0).max(63),
    maxrateBps: z.int().positive().nullable(),
  }),
  /** The codec alone decides: lossless ones, and those of a fixed quality. */
  z.object({ mode: z.literal("fixed") }),
]);
export type VideoRate = z.infer<typeof videoRateSchema>;

/** Profiles by the names of format strings; of ProRes `0` (proxy) to `3` (HQ). */
export const VIDEO_PROFILES = [
  ...(["baseline", "main", "high", "high10", "high422", "high444", "main10"] as const),
  ...(["0", "1", "2", "3"] as const),
] as const;

export const videoSpecSchema = z.object({
  codec: z.enum(VIDEO_CODECS),
  sourceStreamIndex: z.int().nonnegative(),
  picture: pictureSpecSchema,
  /** Null keeps the source's own frame times, variable rate included. */
  frameRate: rationalSchema.nullable(),
  rate: videoRateSchema,
  /** Forces a keyframe at each multiple, so that renditions switch at equal times. Null lets the encoder choose. */
  keyframeIntervalSeconds: z.number().positive().nullable(),
  /** Null takes the encoder's choice for the pixel format. */
  profile: z.enum(VIDEO_PROFILES).nullable(),
  /** Ten times the level's number, such as 41; null takes the lowest that fits. */
  level: z.int().min(10).max(63).nullable(),
});
export type VideoSpec = z.infer<typeof videoSpecSchema>;

/** A track that is not encoded again. */
const copiedTrackSchema = z.object({ codec: z.literal("copy"), sourceStreamIndex: z.int().nonnegative() });
export type CopiedTrack = z.infer<typeof copiedTrackSchema>;

const audioSpecSchema = z.object({
  codec: z.enum(AUDIO_CODECS),
  sourceStreamIndex: z.int().nonnegative(),
  /** Null for codecs without a bitrate. */
  bitrateBps: z.int().positive().nullable(),
  sampleRateHz: z.int().positive(),
  layout: z.enum(CHANNEL_LAYOUT_NAMES),
  /** Channels of the source's track: one channel fills both sides of a stereo output at full level. */
  sourceChannels: z.int().positive(),
});
export type AudioSpec = z.infer<typeof audioSpecSchema>;

/** The part of the source that an output shows. */
export const spanSchema = z.object({
  startSeconds: z.number().nonnegative(),
  /** Null runs to the end of the source. */
  durationSeconds: z.number().positive().nullable(),
});
export type Span = z.infer<typeof spanSchema>;

/** One file of video, sound or both. At least one of the tracks is present. */
export const renditionSpecSchema = z.object({
  container: z.enum(CONTAINER_NAMES),
  video: z.discriminatedUnion("codec", [videoSpecSchema, copiedTrackSchema]).nullable(),
  audio: z.discriminatedUnion("codec", [audioSpecSchema, copiedTrackSchema]).nullable(),
  span: spanSchema,
  /** Of MP4 and its kin: written in fragments, without an index of the whole. */
  isFragmented: z.boolean(),
  /** Titles, dates and languages of the source travel into the file. */
  keepsMetadata: z.boolean(),
});
export type RenditionSpec = z.infer<typeof renditionSpecSchema>;

/** Still pictures taken at these source times, in this order; of a sprite, its tiles. */
export const imageSpecSchema = z.object({
  format: z.enum(["jpg", "png", "webp"]),
  sourceStreamIndex: z.int().nonnegative(),
  picture: pictureSpecSchema,
  atSeconds: z.array(z.number().nonnegative()).min(1).max(10_000),
  /** Tiles row by row without a gap; the last file has only as many rows as it needs. Null writes a file per picture. */
  sprite: z.object({ columns: z.int().min(1), tilesPerFile: z.int().min(1) }).nullable(),
});
export type ImageSpec = z.infer<typeof imageSpecSchema>;

/** How many files so many pictures come to. */
export function imageFileCount(pictureCount: number, sprite: ImageSpec["sprite"]): number {
  return Math.ceil(pictureCount / (sprite?.tilesPerFile ?? 1));
}

/** One moving picture of excerpts of the source, one after the other, that is repeated for ever. */
export const animationSpecSchema = z.object({
  format: z.enum(["gif", "webp"]),
  sourceStreamIndex: z.int().nonnegative(),
  picture: pictureSpecSchema,
  frameRate: rationalSchema,
  excerpts: z
    .array(z.object({ startSeconds: z.number().nonnegative(), durationSeconds: z.number().positive() }))
    .min(1)
    .max(10),
});
export type AnimationSpec = z.infer<typeof animationSpecSchema>;
