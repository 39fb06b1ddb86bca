/**
 * Outputs as an encoder understands them: fully resolved against the source. No Coconut vocabulary, no
 * defaults and no choice is left; units are in the names.
 */
import { z } from "zod";
import { rationalSchema } from "./media-info.ts";

/** A picture size in square pixels; both sides even, as 4:2:0 video needs. */
const evenPx = z.int().min(2).multipleOf(2);

export const frameSizeSchema = z.object({
  /** Size of the finished picture. */
  widthPx: evenPx,
  heightPx: evenPx,
  /** Size of the scaled source inside it; smaller on one side when black bars are added. */
  scaledWidthPx: evenPx,
  scaledHeightPx: evenPx,
});
export type FrameSize = z.infer<typeof frameSizeSchema>;

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
    /** x264's constant rate factor: lower is better. */
    crf: z.number().min(0).max(51),
    maxrateBps: z.int().positive().nullable(),
  }),
]);
export type VideoRate = z.infer<typeof videoRateSchema>;

export const videoSpecSchema = z.object({
  codec: z.literal("h264"),
  sourceStreamIndex: z.int().nonnegative(),
  frame: frameSizeSchema,
  /** Null keeps the source's own frame times, variable rate included. */
  frameRate: rationalSchema.nullable(),
  rate: videoRateSchema,
  /** Forces a keyframe at each multiple, so that renditions switch at equal times. Null lets x264 choose. */
  keyframeIntervalSeconds: z.number().positive().nullable(),
});
export type VideoSpec = z.infer<typeof videoSpecSchema>;

const audioSpecSchema = z.object({
  codec: z.literal("aac"),
  sourceStreamIndex: z.int().nonnegative(),
  bitrateBps: z.int().positive(),
  sampleRateHz: z.int().positive(),
  channels: z.int().min(1).max(2),
});
export type AudioSpec = z.infer<typeof audioSpecSchema>;

/** The part of the source that an output shows. */
const spanSchema = z.object({
  startSeconds: z.number().nonnegative(),
  /** Null runs to the end of the source. */
  durationSeconds: z.number().positive().nullable(),
});
export type Span = z.infer<typeof spanSchema>;

/** One MP4 file. At least one of video and audio is present. */
export const renditionSpecSchema = z.object({
  container: z.literal("mp4"),
  video: videoSpecSchema.nullable(),
  audio: audioSpecSchema.nullable(),
  span: spanSchema,
});
export type RenditionSpec = z.infer<typeof renditionSpecSchema>;

/** Still pictures taken at these source times, in this order. */
export const imageSpecSchema = z.object({
  format: z.enum(["jpg", "png"]),
  sourceStreamIndex: z.int().nonnegative(),
  frame: frameSizeSchema,
  atSeconds: z.array(z.number().nonnegative()).min(1).max(10_000),
});
export type ImageSpec = z.infer<typeof imageSpecSchema>;
