/**
 * What an encoder says of its tasks. A poll is one NDJSON stream: first a `snapshot` of every task of the job
 * that this encoder knows, then a `report` line for each change, with `alive` lines in between. A report
 * carries the whole present state of its task, so a lost, late or doubled line does no harm.
 */
import { z } from "zod";
import { failureSchema } from "./failure-catalogue.ts";
import { ffprobeSchema, mediaInfoSchema } from "./media-info.ts";
import { workFileSchema, writtenObjectSchema } from "./object-store.ts";
import { PACKAGE_FORMATS, publishedTrackSchema } from "./stream.ts";
import { timelineSchema } from "./timeline.ts";
import { CONTRACT_VERSION } from "./version.ts";
import { warningSchema } from "./warning-catalogue.ts";

const warningsSchema = z.array(warningSchema).max(64);

const ingestResultSchema = z.object({
  kind: z.literal("ingest"),
  mediaInfo: mediaInfoSchema,
  ffprobe: ffprobeSchema,
  /** Null when the source cannot be cut: no usable timestamps or keyframes, or no picture. */
  timeline: timelineSchema.nullable(),
  warnings: warningsSchema,
});
const encodeResultSchema = z.object({
  kind: z.literal("encode"),
  object: writtenObjectSchema,
  /** Of a work file; null for an output. */
  sha256: workFileSchema.shape.sha256.nullable(),
  ffprobe: ffprobeSchema,
  warnings: warningsSchema,
});

const chunkResultSchema = z.object({
  kind: z.literal("chunk"),
  /** In the order of the task's parts. */
  parts: z.array(
    z.object({
      file: workFileSchema,
      frameCount: z.int().positive(),
      /** Of the codec's headers: chunks can be joined only when it is equal in all of them. */
      extradataHash: z.string().max(128),
    }),
  ),
  /**
   * Checksums of the decoded source frames on the inner sides of the two edges: this chunk's first frame, and the
   * frame after its last one, which has to be its successor's first. Null at the ends of the source.
   */
  seam: z.object({ first: z.string().max(128).nullable(), next: z.string().max(128).nullable() }),
  warnings: warningsSchema,
});
const analyzeResultSchema = z.object({
  kind: z.literal("analyze"),
  /** Size of a quick encode of constant quality: a measure, not a forecast. */
  weight: z.number().positive(),
});
const assembleResultSchema = z.object({
  kind: z.literal("assemble"),
  object: writtenObjectSchema,
  ffprobe: ffprobeSchema,
});
const imageResultSchema = z.object({
  kind: z.literal("image"),
  objects: z.array(writtenObjectSchema),
});
const animationResultSchema = z.object({ kind: z.literal("animation"), object: writtenObjectSchema });
const segmentResultSchema = z.object({
  kind: z.literal("segment"),
  /** In the order of the task's pictures; null where the picture has no folder. */
  pictures: z.array(
    z.object({ transport: publishedTrackSchema.nullable(), fragments: publishedTrackSchema.nullable() }),
  ),
});
const segmentSoundResultSchema = z.object({
  kind: z.literal("segment-sound"),
  /** In the order of the task's keys. */
  pieces: z.array(workFileSchema),
  transport: publishedTrackSchema.nullable(),
  fragments: publishedTrackSchema.nullable(),
});
const subtitleResultSchema = z.object({ kind: z.literal("subtitle"), cueCount: z.int().nonnegative() });
const packageResultSchema = z.object({
  kind: z.literal("package"),
  /** In the order hls, dash, hlsfmp4; of an open stream those that can be played. */
  manifests: z.array(
    z.object({
      format: z.enum(PACKAGE_FORMATS),
      key: z.string(),
      /** ffprobe of the manifest with its first segments; null of an open stream. */
      ffprobe: ffprobeSchema.nullable(),
    }),
  ),
});
const taskResultSchema = z.discriminatedUnion("kind", [
  ingestResultSchema,
  encodeResultSchema,
  chunkResultSchema,
  analyzeResultSchema,
  assembleResultSchema,
  imageResultSchema,
  animationResultSchema,
  segmentResultSchema,
  segmentSoundResultSchema,
  subtitleResultSchema,
  packageResultSchema,
]);
export type TaskResult = z.infer<typeof taskResultSchema>;

const TASK_PHASES = ["fetching", "encoding", "packaging", "uploading"] as const;
export type TaskPhase = (typeof TASK_PHASES)[number];

const reportBase = { taskId: z.string(), attempt: z.int().positive() };

const taskReportSchema = z.discriminatedUnion("state", [
  z.object({
    ...reportBase,
    state: z.literal("running"),
    phase: z.enum(TASK_PHASES),
    /** Of the whole task, integer; never decreases within an attempt. */
    progressPercent: z.int().min(0).max(100),
  }),
  z.object({
    ...reportBase,
    state: z.literal("done"),
    result: taskResultSchema,
    /** Wall time that the attempt spent in each phase, in milliseconds. */
    phaseMs: z.partialRecord(z.enum(TASK_PHASES), z.int().nonnegative()),
  }),
  z.object({ ...reportBase, state: z.literal("failed"), failure: failureSchema }),
]);
export type TaskReport = z.infer<typeof taskReportSchema>;

/** The body of `GET /health`, and the head of every poll. */
export const encoderStatusSchema = z.object({
  contract: z.literal(CONTRACT_VERSION),
  /** Changes when the process restarts: tasks of an earlier boot are gone. */
  bootId: z.string(),
  ffmpegVersion: z.string(),
  /** Tasks it runs at once, and how many more it would take now. */
  slots: z.int().positive(),
  slotsFree: z.int().nonnegative(),
});
export type EncoderStatus = z.infer<typeof encoderStatusSchema>;

export const pollLineSchema = z.discriminatedUnion("type", [
  z.object({ type: z.literal("snapshot"), encoder: encoderStatusSchema, reports: z.array(taskReportSchema) }),
  z.object({ type: z.literal("report"), report: taskReportSchema }),
  z.object({ type: z.literal("alive"), slotsFree: z.int().nonnegative() }),
]);
export type PollLine = z.infer<typeof pollLineSchema>;

/** Quiet polls carry an `alive` line this often; silence for much longer means a hung encoder. */
export const ALIVE_INTERVAL_MS = 5_000;
