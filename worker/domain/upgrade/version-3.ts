/**
 * Jobs of record schema 3, brought up to the present one. Streams were HLS over MPEG-TS alone, packaged in one piece of
 * whole renditions: what is not finished of them is planned and made anew.
 */
import type { MediaInfo } from "../../../encoder/contract/media-info.ts";
import type { RenditionSpec } from "../../../encoder/contract/output-spec.ts";
import {
  RECORD_SCHEMA,
  type JobRecord,
  type JobState,
  type OutputRecord,
  type PartsOf,
  type TaskRecord,
  type TaskWork,
} from "../job-record.ts";
import type { HttpstreamRequest, JobSpec, OutputRequest, PictureRequest } from "../job-spec.ts";
import { isFinalJob, isFinalOutput } from "../job-status.ts";
import { planStream } from "../plan/plan-stream.ts";
import { wholeTasks, withThreads } from "../plan/whole-tasks.ts";
import type { Stream } from "../stream-record.ts";

export type MediaInfoV3 = Omit<MediaInfo, "audioTracks" | "subtitleTracks">;

export type HttpstreamRequestV3 = Pick<HttpstreamRequest, "type" | "path" | "playlistName" | "variants"> & {
  hls: { path: string };
};
type Common = Pick<OutputRequest, "key" | "format" | "condition">;
export type OutputRequestV3 = Exclude<OutputRequest, { type: "httpstream" }> | (Common & HttpstreamRequestV3);
export type JobSpecV3 = Omit<JobSpec, "outputs"> & { outputs: OutputRequestV3[] };

export type PackageWorkV3 = {
  kind: "package";
  /** Those with a picture first. */
  renditions: { rendition: RenditionSpec; files: PartsOf }[];
  prefix: string;
  playlistName: string;
  segmentSeconds: number;
};
type KindV3 = "ingest" | "encode" | "chunk" | "analyze" | "assemble" | "image" | "animation";
export type WorkV3 = Extract<TaskWork, { kind: KindV3 }> | PackageWorkV3;
export type TaskV3 = Omit<TaskRecord, "work"> & { work: WorkV3 };

export type OutputRecordV3 = Omit<OutputRecord, "openManifests">;

type RecordV3 = Omit<JobRecord, "schema" | "spec" | "input" | "outputs"> & {
  schema: 3;
  spec: JobSpecV3;
  input: Omit<JobRecord["input"], "mediaInfo"> & { mediaInfo: MediaInfoV3 | null };
  outputs: OutputRecordV3[];
};
export type StateV3 = { record: RecordV3; tasks: TaskV3[]; outbox: JobState["outbox"] };

/** Nothing was done to the pictures of streams but scaling, and to interlaced ones what is done now. */
const PLAIN: PictureRequest = {
  fit: "pad",
  transpose: null,
  hflip: false,
  vflip: false,
  deinterlace: null,
  watermark: null,
};

export function fromVersion3({ record, tasks, outbox }: StateV3): JobState {
  const { mediaInfo } = record.input;
  const upgraded: JobRecord = {
    ...record,
    schema: RECORD_SCHEMA,
    spec: { ...record.spec, outputs: record.spec.outputs.map(requestFromVersion3) },
    input: { ...record.input, mediaInfo: mediaInfo === null ? null : mediaFromVersion3(mediaInfo) },
    outputs: record.outputs.map((output) => ({ ...output, openManifests: [] })),
  };
  const state = { record: upgraded, tasks: tasks.map(taskFromVersion3), outbox };
  return isFinalJob(record.status) ? state : withStreamsAnew(state);
}

/** The one track that was known of. */
function mediaFromVersion3(media: MediaInfoV3): MediaInfo {
  const label = { language: null, title: null, isDefault: true, isForced: false };
  return {
    ...media,
    audioTracks: media.audio === null ? [] : [{ ...media.audio, ...label }],
    subtitleTracks: [],
  };
}

function requestFromVersion3(request: OutputRequestV3): OutputRequest {
  return request.type === "httpstream"
    ? {
        ...request,
        picture: PLAIN,
        offsetSeconds: 0,
        durationSeconds: null,
        hls: { path: request.hls.path, version: 3, isLiveEdge: false, encryption: null },
        dash: null,
        audioTracks: "default",
        subtitles: { tracks: "none", files: [] },
      }
    : request;
}

function taskFromVersion3({ work, ...task }: TaskV3): TaskRecord {
  return { ...task, work: work.kind === "package" ? packageFromVersion3(work) : work };
}

/** Not to be run any more. Chunks that are still to be encoded look their pictures up in it. */
function packageFromVersion3({ renditions, prefix, playlistName }: PackageWorkV3): TaskWork {
  const pictures = renditions.flatMap(({ rendition: { video }, files }) =>
    video === null || video.codec === "copy" ? [] : [{ video, files }],
  );
  const stream: Stream = {
    span: { startSeconds: 0, durationSeconds: null },
    soundSpan: { startSeconds: 0, durationSeconds: null },
    pictures: pictures.map(({ video }) => ({
      video,
      frameRate: null,
      sound: null,
      folders: { transport: null, fragments: null },
    })),
    sounds: [],
    subtitles: [],
    playlistName,
    transport: { prefix, version: 3, isLiveEdge: false, encryption: null },
    fragments: null,
  };
  return { kind: "package", stream, pictures: pictures.map(({ files }) => files) };
}

/** Plans every stream again that is planned and not finished. */
function withStreamsAnew(state: JobState): JobState {
  return state.record.spec.outputs.reduce((next, request, index) => {
    const output = next.record.outputs[index];
    const isOpen = output !== undefined && output.status !== "waiting" && !isFinalOutput(output.status);
    return request.type === "httpstream" && isOpen ? withStreamAnew(next, request, index, output) : next;
  }, state);
}

function withStreamAnew(
  state: JobState,
  request: HttpstreamRequest,
  index: number,
  output: OutputRecord,
): JobState {
  const { id, input, spec, encoderSlots } = state.record;
  if (input.mediaInfo === null) {
    return state;
  }
  const planned = planStream(request, spec.storage.path, input.mediaInfo, null);
  const prefix = prefixOf(state.tasks, index);
  const tasks = state.tasks.map((task) => withoutOutput(task, index));
  if (!planned.ok) {
    const failed: OutputRecord = { ...output, status: "failed", failure: planned.failure };
    const outputs = state.record.outputs.map((other, at) => (at === index ? failed : other));
    return { ...state, record: { ...state.record, outputs }, tasks };
  }
  const { transport } = planned.stream;
  const stream = {
    ...planned.stream,
    transport: transport && { ...transport, prefix: prefix ?? transport.prefix },
  };
  const demand = { kind: "package", outputIndex: index, stream } as const;
  const anew = wholeTasks(id, demand, input.mediaInfo, "-anew");
  return { ...state, tasks: [...tasks, ...withThreads(anew, encoderSlots, 0)] };
}

/** As it was planned: the values of variables in its path are not known any more. */
function prefixOf(tasks: readonly TaskRecord[], index: number): string | null {
  for (const { work, outputIndexes } of tasks) {
    if (work.kind === "package" && outputIndexes.includes(index)) {
      return work.stream.transport?.prefix ?? null;
    }
  }
  return null;
}

/** What served this output alone ends. */
function withoutOutput(task: TaskRecord, index: number): TaskRecord {
  if (!task.outputIndexes.includes(index)) {
    return task;
  }
  const outputIndexes = task.outputIndexes.filter((other) => other !== index);
  const isOpen = task.status === "pending" || task.status === "leased";
  return {
    ...task,
    outputIndexes,
    status: outputIndexes.length === 0 && isOpen ? "cancelled" : task.status,
  };
}
