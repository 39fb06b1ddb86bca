/** Ledger entries of adaptive streams as tasks on the wire: cutting, text and manifests. */
import {
  SUBTITLE_FILE,
  type FragmentTarget,
  type Packages,
  type TransportTarget,
} from "../../encoder/contract/stream.ts";
import type { StretchPicture, SubtitleTask, Task } from "../../encoder/contract/task.ts";
import type {
  JobRecord,
  JobState,
  PackageWork,
  SegmentWork,
  TaskRecord,
  TaskWork,
} from "../domain/job-record.ts";
import { buildLadder } from "../domain/ledger/ladder.ts";
import { encodedFile, stretchFile, taskById } from "../domain/ledger/part-files.ts";
import { pieceCount } from "../domain/ledger/task-outcome.ts";
import { partKey } from "../domain/object-keys.ts";
import { namesTracks } from "../domain/plan/resolve-variants.ts";
import { streamCodec } from "../domain/plan/stream-folders.ts";
import type { FragmentsPackage, Stream } from "../domain/stream-record.ts";
import { commonEncryption, licenses, segmentEncryption, transportKeys } from "./stream-keys.ts";
import { destination, workStore, type TaskContext } from "./task-stores.ts";

const STREAM_KINDS = ["segment", "segment-sound", "subtitle", "package", "open-package"] as const;
type StreamKind = (typeof STREAM_KINDS)[number];
export type StreamWork = Extract<TaskWork, { kind: StreamKind }>;

type Base = Pick<Task, "contract" | "jobId" | "taskId" | "attempt" | "slots">;

export function isStreamWork(work: TaskWork): work is StreamWork {
  const kinds: readonly string[] = STREAM_KINDS;
  return kinds.includes(work.kind);
}

/** The complete task of a leased ledger entry of a stream. */
export async function buildStreamTask(
  { record, tasks }: JobState,
  task: TaskRecord,
  work: StreamWork,
  base: Base,
  context: TaskContext,
): Promise<Task> {
  switch (work.kind) {
    case "segment": {
      const { stream, pictures: sources } = packageWork(tasks, work.packageId);
      const { firstNumber, spanSeconds } = work;
      const pictures = work.pictures.map((number) =>
        stretchPicture(tasks, stream, sources, { work, number }),
      );
      const targets = await segmentTargets(record, stream, context);
      const store = await workStore(record, context);
      return { ...base, kind: "segment", workStore: store, firstNumber, spanSeconds, pictures, ...targets };
    }
    case "segment-sound": {
      const { stream } = packageWork(tasks, work.packageId);
      const folders = stream.sounds[work.sound]?.folders ?? { transport: null, fragments: null };
      const file = encodedFile(tasks, work.fileTaskId);
      const keys = Array.from({ length: pieceCount(work) }, (_, number) =>
        partKey(record.id, task.taskId, task.attempt, number),
      );
      const pieces = work.borderSeconds === null ? null : { borderSeconds: work.borderSeconds, keys };
      const targets = await segmentTargets(record, stream, context);
      const store = await workStore(record, context);
      return { ...base, kind: "segment-sound", workStore: store, file, pieces, folders, ...targets };
    }
    case "subtitle":
      return { ...base, kind: "subtitle", ...(await subtitleOf(record, tasks, work, context)) };
    case "package": {
      const ladder = buildLadder(tasks, task.taskId, work.stream, null);
      const packages = await packagesOf(record, tasks, work.stream, "manifest", context);
      return { ...base, kind: "package", ladder, packages, isOpen: false };
    }
    case "open-package": {
      const { stream } = packageWork(tasks, work.packageId);
      const ladder = buildLadder(tasks, work.packageId, stream, work.stretchCount);
      const packages = await packagesOf(record, tasks, stream, "open", context);
      return { ...base, kind: "package", ladder, packages, isOpen: true };
    }
  }
}

function packageWork(tasks: readonly TaskRecord[], packageId: string): PackageWork {
  const { work } = taskById(tasks, packageId);
  if (work.kind !== "package") {
    throw new TypeError(`Task ${packageId} writes no package.`);
  }
  return work;
}

function stretchPicture(
  tasks: readonly TaskRecord[],
  stream: Stream,
  sources: PackageWork["pictures"],
  { work, number }: { work: SegmentWork; number: number },
): StretchPicture {
  const picture = stream.pictures[number];
  const files = sources[number];
  if (picture === undefined || files === undefined) {
    throw new TypeError(`Package ${work.packageId} has no picture ${number}.`);
  }
  const { packageId, index } = work;
  const { video, sound, folders } = picture;
  const isMuxed = sound !== null && folders.transport !== null;
  return {
    type: files.type === "whole" ? "whole" : "chunk",
    file: stretchFile(tasks, { packageId, variant: number, index, files }),
    frameRate: video.frameRate,
    codec: streamCodec(video.codec),
    sound: isMuxed ? pieceOf(tasks, packageId, sound, index) : null,
    folders,
  };
}

function pieceOf(tasks: readonly TaskRecord[], packageId: string, sound: number, index: number) {
  const cut = tasks.find(
    ({ work }) => work.kind === "segment-sound" && work.packageId === packageId && work.sound === sound,
  );
  const piece = cut?.result?.kind === "segment-sound" ? cut.result.pieces[index] : undefined;
  if (piece === undefined) {
    throw new TypeError(`Sound ${sound} of ${packageId} has no piece ${index} yet.`);
  }
  return piece;
}

async function segmentTargets(
  record: JobRecord,
  { transport, fragments }: Stream,
  context: TaskContext,
): Promise<{ transport: TransportTarget | null; fragments: FragmentTarget | null }> {
  const { secrets } = context;
  const { store, keyPrefix } = await destination(record, "media", context);
  return {
    transport: transport && {
      store,
      prefix: fullPrefix(keyPrefix, transport),
      encryption: await segmentEncryption(transport, secrets),
    },
    fragments: fragments && {
      store,
      prefix: fullPrefix(keyPrefix, fragments),
      encryption: commonEncryption(fragments, secrets),
    },
  };
}

async function subtitleOf(
  record: JobRecord,
  tasks: readonly TaskRecord[],
  { packageId, subtitle: place }: Extract<TaskWork, { kind: "subtitle" }>,
  context: TaskContext,
): Promise<Pick<SubtitleTask, "source" | "streamIndex" | "span" | "targets">> {
  const { secrets } = context;
  const { stream } = packageWork(tasks, packageId);
  const subtitle = stream.subtitles[place];
  if (subtitle === undefined) {
    throw new TypeError(`Package ${packageId} has no subtitle ${place}.`);
  }
  const { from, folder } = subtitle;
  const url = from.type === "track" ? secrets.inputUrl : secrets.subtitleUrls[from.source];
  if (url === undefined) {
    throw new Error(`Job ${record.id} has no subtitle file ${place}.`);
  }
  const { store, keyPrefix } = await destination(record, "media", context);
  const { transport, fragments } = stream;
  const target = (name: { prefix: string }, isTransport: boolean) => {
    const key = `${fullPrefix(keyPrefix, name)}/${folder}/${SUBTITLE_FILE}`;
    return { object: { store, key }, isTransport };
  };
  return {
    source: { url },
    streamIndex: from.type === "track" ? from.streamIndex : null,
    span: stream.span,
    targets: [
      ...(transport !== null && namesTracks(transport) ? [target(transport, true)] : []),
      ...(fragments === null ? [] : [target(fragments, false)]),
    ],
  };
}

async function packagesOf(
  record: JobRecord,
  tasks: readonly TaskRecord[],
  { transport, fragments, playlistName }: Stream,
  lifetime: "manifest" | "open",
  context: TaskContext,
): Promise<Packages> {
  const { store, keyPrefix } = await destination(record, lifetime, context);
  const prefix = transport === null ? "" : fullPrefix(keyPrefix, transport);
  return {
    playlistName,
    transport: transport && {
      store,
      prefix,
      version: transport.version,
      keys: await transportKeys(transport, prefix, context.secrets),
    },
    fragments: fragments && {
      store,
      prefix: fullPrefix(keyPrefix, fragments),
      hasHls: fragments.hasHls,
      licenses: licenses(fragments),
      tiles: tilesOf(tasks, fragments),
    },
  };
}

/** Thumbnails that exist by now: a manifest names nothing that is missing. */
function tilesOf(
  tasks: readonly TaskRecord[],
  { tiles: planned }: FragmentsPackage,
): NonNullable<Packages["fragments"]>["tiles"] {
  if (planned === null) {
    return null;
  }
  const { outputIndex, ...tiles } = planned;
  const isMade = tasks.some(
    ({ work, status, outputIndexes }) =>
      work.kind === "image" && status === "done" && outputIndexes.includes(outputIndex),
  );
  return isMade ? tiles : null;
}

/** In its store, without a slash at the end. */
function fullPrefix(keyPrefix: string, { prefix }: { prefix: string }): string {
  return `${keyPrefix}${prefix}`.replace(/\/+$/, "");
}
