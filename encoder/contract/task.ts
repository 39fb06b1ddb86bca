/**
 * The one thing a Worker asks of an encoder: a task. `(taskId, attempt)` names it; starting it twice is the
 * same as starting it once. Its result is durable in object storage before it is reported done.
 */
import { z } from "zod";
import { rationalSchema } from "./media-info.ts";
import { objectRefSchema, objectStoreSchema, workFileSchema } from "./object-store.ts";
import {
  animationSpecSchema,
  imageSpecSchema,
  renditionSpecSchema,
  spanSchema,
  videoSpecSchema,
} from "./output-spec.ts";
import {
  fragmentTargetSchema,
  ladderSchema,
  packagesSchema,
  trackFoldersSchema,
  transportTargetSchema,
} from "./stream.ts";
import { cutSchema } from "./timeline.ts";
import { CONTRACT_VERSION } from "./version.ts";

const sourceSchema = z.object({ url: z.url() });

const taskBase = {
  contract: z.literal(CONTRACT_VERSION),
  jobId: z.string().regex(/^[A-Za-z0-9]{14}$/),
  taskId: z.string().regex(/^[a-z0-9-]{1,64}$/),
  /** 1-based. A report of an attempt that is not the current one is dropped. */
  attempt: z.int().positive(),
  /** How many of the encoder's slots it takes. More than one is for work that ran out of memory beside others. */
  slots: z.int().min(1).max(256),
};

/** Addresses of the marks that the task's pictures name; PNG or JPEG. */
const watermarkUrlsSchema = z.array(z.url()).max(30);

/** FFmpeg's thread count, fixed by the plan because x264's bytes depend on it. */
const threadsSchema = z.int().min(1).max(64);

/** Opens the source, says what it is and where it can be cut. */
const ingestTaskSchema = z.object({ ...taskBase, kind: z.literal("ingest"), source: sourceSchema });

/** Encodes one file from the whole source and stores it. */
const encodeTaskSchema = z.object({
  ...taskBase,
  kind: z.literal("encode"),
  source: sourceSchema,
  threads: threadsSchema,
  rendition: renditionSpecSchema,
  watermarkUrls: watermarkUrlsSchema,
  object: objectRefSchema,
  /** It is a part that another task reads back: the result names its checksum. */
  isWorkFile: z.boolean(),
});

/** A span of the source and what is known of the source, so that nothing has to be probed again. */
const spanOfSource = {
  source: sourceSchema,
  threads: threadsSchema,
  /** ffprobe's comma-separated demuxer names: they decide how a seek is aimed. */
  formatName: z.string(),
  sourceFrameRate: rationalSchema.nullable(),
  videoStreamIndex: z.int().nonnegative(),
  /** Where the outputs' clock starts, absolute source time in ticks. */
  zeroTicks: z.int(),
  /** First frame of the span; null begins with the source. */
  start: cutSchema.nullable(),
  /** First frame after the span; null runs to the end of the source. */
  end: cutSchema.nullable(),
  /** Expected length in seconds, for progress and time limits. */
  spanSeconds: z.number().positive(),
};

/** One rendition's share of a chunk. */
const chunkPartSchema = z.object({
  video: videoSpecSchema,
  /** Output frames of this rendition, numbered over the whole output; `endFrame` null when only the decoder knows. */
  startFrame: z.int().nonnegative(),
  endFrame: z.int().positive().nullable(),
  key: z.string().min(1).max(1024),
});
export type ChunkPart = z.infer<typeof chunkPartSchema>;

/** Decodes a span of the source once and encodes the picture of every rendition of it, each to a fragmented MP4. */
const chunkTaskSchema = z.object({
  ...taskBase,
  kind: z.literal("chunk"),
  ...spanOfSource,
  /** Decodes from the beginning of the source: slow, and right where a seek was not. */
  isExact: z.boolean(),
  parts: z.array(chunkPartSchema).min(1).max(64),
  watermarkUrls: watermarkUrlsSchema,
  workStore: objectStoreSchema,
});

/** Says how many bits a span is worth, against the other spans of the source. */
const analyzeTaskSchema = z.object({ ...taskBase, kind: z.literal("analyze"), ...spanOfSource });

/** Encoded parts of one rendition. */
const renditionFilesSchema = z.discriminatedUnion("type", [
  z.object({ type: z.literal("whole"), file: workFileSchema }),
  z.object({
    type: z.literal("chunked"),
    /** In order. */
    chunks: z.array(workFileSchema).min(1),
    /** All frames of the picture. */
    frameCount: z.int().positive(),
    audio: workFileSchema.nullable(),
  }),
]);
export type RenditionFiles = z.infer<typeof renditionFilesSchema>;

/** Joins the chunks of one rendition by copy, adds the sound and stores the finished file. */
const assembleTaskSchema = z.object({
  ...taskBase,
  kind: z.literal("assemble"),
  rendition: renditionSpecSchema,
  files: renditionFilesSchema,
  workStore: objectStoreSchema,
  object: objectRefSchema,
});

/** Takes still pictures and stores them; `keys[i]` belongs to `image.atSeconds[i]`, or to the sprite number i. */
const imageTaskSchema = z.object({
  ...taskBase,
  kind: z.literal("image"),
  source: sourceSchema,
  threads: threadsSchema,
  image: imageSpecSchema,
  watermarkUrls: watermarkUrlsSchema,
  store: objectStoreSchema,
  keys: z.array(z.string().min(1).max(1024)).min(1),
  /** The WebVTT file that leads to the pictures, written after them; null for none. */
  vtt: z.object({ key: z.string().min(1).max(1024), text: z.string().max(4_000_000) }).nullable(),
});

/** Makes one moving picture and stores it. */
const animationTaskSchema = z.object({
  ...taskBase,
  kind: z.literal("animation"),
  source: sourceSchema,
  threads: threadsSchema,
  animation: animationSpecSchema,
  watermarkUrls: watermarkUrlsSchema,
  object: objectRefSchema,
});

/** The encoded picture of one stretch: times are the output's, in a chunk's file plus `chunkClock`'s offset. */
const stretchPictureSchema = z.object({
  type: z.enum(["whole", "chunk"]),
  file: workFileSchema,
  /** Of the rendition; null for kept source times. */
  frameRate: rationalSchema.nullable(),
  codec: z.enum(["h264", "hevc", "av1"]),
  /** What it is muxed with in a transport stream: the piece of the sound that belongs to the stretch. */
  sound: workFileSchema.nullable(),
  folders: trackFoldersSchema,
});
export type StretchPicture = z.infer<typeof stretchPictureSchema>;

/**
 * Cuts one stretch of a stream into segments and publishes them, before the rest of the stream is encoded. A stretch
 * begins with a keyframe at a multiple of `SEGMENT_SECONDS`.
 */
const segmentTaskSchema = z.object({
  ...taskBase,
  kind: z.literal("segment"),
  workStore: objectStoreSchema,
  /** Number of its first segment: the multiple of `SEGMENT_SECONDS` at which it begins. */
  firstNumber: z.int().nonnegative(),
  /** Its length in seconds, for progress and time limits; null when only the files know. */
  spanSeconds: z.number().positive().nullable(),
  pictures: z.array(stretchPictureSchema).min(1).max(64),
  transport: transportTargetSchema.nullable(),
  fragments: fragmentTargetSchema.nullable(),
});

/** Cuts one sound of a stream into segments, and into the pieces that pictures of stretches are muxed with. */
const segmentSoundTaskSchema = z.object({
  ...taskBase,
  kind: z.literal("segment-sound"),
  workStore: objectStoreSchema,
  file: workFileSchema,
  /** Where stretches meet, in seconds, and the key of each piece in `workStore`: one more than borders. Null for none. */
  pieces: z
    .object({ borderSeconds: z.array(z.number().positive()), keys: z.array(z.string()).min(1) })
    .nullable(),
  folders: trackFoldersSchema,
  transport: transportTargetSchema.nullable(),
  fragments: fragmentTargetSchema.nullable(),
});

/** Makes WebVTT of a text track, or of a file at an address of its own, and stores it. */
const subtitleTaskSchema = z.object({
  ...taskBase,
  kind: z.literal("subtitle"),
  /** Of the source, or of the file with the subtitles. */
  source: sourceSchema,
  /** Null for a file with subtitles only. */
  streamIndex: z.int().nonnegative().nullable(),
  span: spanSchema,
  /** Where it goes. A transport stream's times are `TRANSPORT_OFFSET_SECONDS` later, which its file has to say. */
  targets: z
    .array(z.object({ object: objectRefSchema, isTransport: z.boolean() }))
    .min(1)
    .max(2),
});

/** Writes the manifests of published media: media playlists first, master playlists last. */
const packageTaskSchema = z.object({
  ...taskBase,
  kind: z.literal("package"),
  ladder: ladderSchema,
  packages: packagesSchema,
  /** More will follow: HLS playlists are open at their end, and there is no DASH manifest yet. */
  isOpen: z.boolean(),
});

export const taskSchema = z.discriminatedUnion("kind", [
  ingestTaskSchema,
  encodeTaskSchema,
  chunkTaskSchema,
  analyzeTaskSchema,
  assembleTaskSchema,
  imageTaskSchema,
  animationTaskSchema,
  segmentTaskSchema,
  segmentSoundTaskSchema,
  subtitleTaskSchema,
  packageTaskSchema,
]);
export type Task = z.infer<typeof taskSchema>;
export type IngestTask = z.infer<typeof ingestTaskSchema>;
export type EncodeTask = z.infer<typeof encodeTaskSchema>;
export type ChunkTask = z.infer<typeof chunkTaskSchema>;
export type AnalyzeTask = z.infer<typeof analyzeTaskSchema>;
export type AssembleTask = z.infer<typeof assembleTaskSchema>;
export type ImageTask = z.infer<typeof imageTaskSchema>;
export type AnimationTask = z.infer<typeof animationTaskSchema>;
export type SegmentTask = z.infer<typeof segmentTaskSchema>;
export type SegmentSoundTask = z.infer<typeof segmentSoundTaskSchema>;
export type SubtitleTask = z.infer<typeof subtitleTaskSchema>;
export type PackageTask = z.infer<typeof packageTaskSchema>;
export type TaskKind = Task["kind"];
