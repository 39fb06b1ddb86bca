/**
 * The one thing a Worker asks of an encoder: a task. `(taskId, attempt)` names it; starting it twice is the
 * same as starting it once. Its result is durable in object storage before it is reported done.
 */
import { z } from "zod";
import { imageSpecSchema, renditionSpecSchema } from "./output-spec.ts";
import { objectRefSchema, objectStoreSchema } from "./object-store.ts";
import { CONTRACT_VERSION } from "./version.ts";

const sourceSchema = z.object({ url: z.url() });

const taskBase = {
  contract: z.literal(CONTRACT_VERSION),
  jobId: z.string().regex(/^[A-Za-z0-9]{14}$/),
  taskId: z.string().regex(/^[a-z0-9-]{1,64}$/),
  /** 1-based. A report of an attempt that is not the current one is dropped. */
  attempt: z.int().positive(),
};

/** Fetches the source once and says what it is. */
const ingestTaskSchema = z.object({ ...taskBase, kind: z.literal("ingest"), source: sourceSchema });

/** Encodes one MP4 file and stores it. */
const encodeTaskSchema = z.object({
  ...taskBase,
  kind: z.literal("encode"),
  source: sourceSchema,
  /** FFmpeg's thread count, fixed by the plan because x264's bytes depend on it. */
  threads: z.int().min(1).max(64),
  rendition: renditionSpecSchema,
  object: objectRefSchema,
});

/** Takes still pictures and stores them; `keys[i]` belongs to `image.atSeconds[i]`. */
const imageTaskSchema = z.object({
  ...taskBase,
  kind: z.literal("image"),
  source: sourceSchema,
  threads: z.int().min(1).max(64),
  image: imageSpecSchema,
  store: objectStoreSchema,
  keys: z.array(z.string().min(1).max(1024)).min(1),
});

/** Joins finished renditions into an HLS package: segments first, master playlist last. */
const packageTaskSchema = z.object({
  ...taskBase,
  kind: z.literal("package"),
  /** In the order of the master playlist. */
  renditions: z
    .array(z.object({ object: objectRefSchema, hasVideo: z.boolean(), hasAudio: z.boolean() }))
    .min(1),
  hls: z.object({
    store: objectStoreSchema,
    /** Key prefix of the package, without a trailing slash; may be empty. */
    prefix: z.string(),
    /** File name of the master playlist, without its extension. */
    playlistName: z.string().regex(/^[A-Za-z0-9_.-]+$/),
    segmentSeconds: z.number().positive(),
  }),
});

export const taskSchema = z.discriminatedUnion("kind", [
  ingestTaskSchema,
  encodeTaskSchema,
  imageTaskSchema,
  packageTaskSchema,
]);
export type Task = z.infer<typeof taskSchema>;
export type IngestTask = z.infer<typeof ingestTaskSchema>;
export type EncodeTask = z.infer<typeof encodeTaskSchema>;
export type ImageTask = z.infer<typeof imageTaskSchema>;
export type PackageTask = z.infer<typeof packageTaskSchema>;
export type TaskKind = Task["kind"];
