/**
 * From a known source to the task ledger: evaluates every `if`, resolves outputs against the source and lists
 * the tasks that make them. Pure: the same source and request give the same plan.
 */
import type { Failure } from "../../encoder/contract/failure-catalogue.ts";
import type { Ffprobe, MediaInfo } from "../../encoder/contract/media-info.ts";
import type { RenditionSpec } from "../../encoder/contract/output-spec.ts";
import { evaluateCondition, parseCondition } from "./condition.ts";
import { conditionVariables } from "./condition-variables.ts";
import { newTask } from "./create-job.ts";
import type { JobRecord, OutputRecord, TaskRecord } from "./job-record.ts";
import type { HttpstreamRequest, ImageRequest, OutputRequest, VideoRequest } from "./job-spec.ts";
import { keyUrl } from "./job-view.ts";
import { workKey } from "./object-keys.ts";
import { objectKey } from "./object-location.ts";
import { resolveImage, resolveVariants, resolveVideo } from "./resolve-output.ts";

/** Six seconds, as Apple's authoring guide asks for and as Coconut's packager cuts. */
const HLS_SEGMENT_SECONDS = 6;

/** What the contract allows; x264 gains nothing from more. */
const MAX_THREADS = 64;

/** A job's URLs stand together in its last webhook, their keys in its record: each a row of at most 1.5 MB. */
const MAX_LIST_CHARS = 800_000;
/** Quotes and comma around a URL. */
const URL_OVERHEAD_CHARS = 3;

export type Plan = { outputs: OutputRecord[]; tasks: TaskRecord[] };

type OutputPlan = { output: OutputRecord; tasks: TaskRecord[] };

/** The plan of all outputs. `slots` is how many tasks the encoder runs at once. */
export function planTasks(record: JobRecord, media: MediaInfo, ffprobe: Ffprobe, slots: number): Plan {
  const variables = conditionVariables(media, ffprobe);
  const plans = withoutConflicts(
    record,
    record.spec.outputs.map((request, index): OutputPlan => {
      if (request.condition !== null && !evaluateCondition(parseCondition(request.condition), variables)) {
        return { output: { status: "skipped", isAnnounced: false, failure: null, keys: [] }, tasks: [] };
      }
      return planOutput(record, request, index, media);
    }),
  );
  return {
    outputs: plans.map((plan) => plan.output),
    tasks: withThreads(
      plans.flatMap((plan) => plan.tasks),
      slots,
    ),
  };
}

/**
 * Fails outputs that cannot stand beside the ones before them: which conditions hold at once, and how many
 * pictures an interval gives, is known only now.
 */
function withoutConflicts(record: JobRecord, plans: OutputPlan[]): OutputPlan[] {
  const taken = new Set<string>();
  let listLength = 0;
  return plans.map((plan) => {
    // Two packages in one folder overwrite each other's segments, whatever their playlists are called.
    const folders = plan.tasks.flatMap(({ work }) => (work.kind === "package" ? [`${work.prefix}/`] : []));
    const claims = [...plan.output.keys, ...folders];
    if (claims.some((claim) => taken.has(claim))) {
      return failed({ code: "output_path_taken" });
    }
    // Measured as told: percent-encoding makes up to nine characters of one.
    const length = plan.output.keys.reduce(
      (sum, key) => sum + keyUrl(record, key).length + URL_OVERHEAD_CHARS,
      0,
    );
    if (listLength + length > MAX_LIST_CHARS) {
      return failed({ code: "output_list_too_long" });
    }
    listLength += length;
    claims.forEach((claim) => taken.add(claim));
    return plan;
  });
}

function planOutput(record: JobRecord, request: OutputRequest, index: number, media: MediaInfo): OutputPlan {
  switch (request.type) {
    case "video":
      return planVideo(record, request, index, media);
    case "image":
      return planImage(record, request, index, media);
    case "httpstream":
      return planHttpstream(record, request, index, media);
  }
}

function planVideo(record: JobRecord, request: VideoRequest, index: number, media: MediaInfo): OutputPlan {
  const resolved = resolveVideo(request, media);
  if (!resolved.ok) {
    return failed(resolved.failure);
  }
  const key = objectKey(record.spec.storage.path, request.path);
  const task = newTask({
    taskId: `output-${index}`,
    outputIndex: index,
    work: { kind: "encode", threads: 1, rendition: resolved.rendition, to: "destination", key },
    weight: encodeWeight(resolved.rendition),
  });
  return queued([key], [task]);
}

function planImage(record: JobRecord, request: ImageRequest, index: number, media: MediaInfo): OutputPlan {
  const resolved = resolveImage(request, media);
  if (!resolved.ok) {
    return failed(resolved.failure);
  }
  const keys = resolved.paths.map((path) => objectKey(record.spec.storage.path, path));
  const task = newTask({
    taskId: `output-${index}`,
    outputIndex: index,
    work: { kind: "image", threads: 1, image: resolved.image, keys },
    // Pictures are cheap and often shown first: ahead of every encode.
    weight: Number.MAX_SAFE_INTEGER,
  });
  return queued(keys, [task]);
}

function planHttpstream(
  record: JobRecord,
  request: HttpstreamRequest,
  index: number,
  media: MediaInfo,
): OutputPlan {
  const resolved = resolveVariants(request, media);
  if (!resolved.ok) {
    return failed(resolved.failure);
  }
  const variants = resolved.renditions.map((rendition, number) => {
    const taskId = `output-${index}-variant-${number + 1}`;
    return newTask({
      taskId,
      outputIndex: index,
      work: { kind: "encode", threads: 1, rendition, to: "work", key: workKey(record.id, taskId) },
      weight: encodeWeight(rendition),
    });
  });
  const prefix = objectKey(objectKey(record.spec.storage.path, request.path), request.hls.path).replace(
    /\/+$/,
    "",
  );
  const packaging = newTask({
    taskId: `output-${index}-package`,
    outputIndex: index,
    work: {
      kind: "package",
      renditions: resolved.renditions.map((rendition, number) => ({
        taskId: `output-${index}-variant-${number + 1}`,
        hasVideo: rendition.video !== null,
        hasAudio: rendition.audio !== null,
      })),
      prefix,
      playlistName: request.playlistName,
      segmentSeconds: HLS_SEGMENT_SECONDS,
    },
    dependsOn: variants.map((task) => task.taskId),
  });
  return queued([objectKey(prefix, `${request.playlistName}.m3u8`)], [...variants, packaging]);
}

const queued = (keys: string[], tasks: TaskRecord[]): OutputPlan => ({
  output: { status: "queued", isAnnounced: false, failure: null, keys },
  tasks,
});

const failed = (failure: Failure): OutputPlan => ({
  output: { status: "failed", isAnnounced: false, failure, keys: [] },
  tasks: [],
});

/** Encoding cost grows with the pixels; sound alone is next to nothing. */
function encodeWeight(rendition: RenditionSpec): number {
  return rendition.video === null ? 1 : rendition.video.frame.widthPx * rendition.video.frame.heightPx;
}

/**
 * Shares an encoder's slots out among the encodes by weight. With at least as many encodes as slots each runs
 * on one thread: FFmpeg's frame threads cost about 15 % more CPU than separate processes. An encode that has
 * several cores gets x264's own 1.5 threads for each, or some would idle while frames wait for each other.
 */
function withThreads(tasks: TaskRecord[], slots: number): TaskRecord[] {
  const encodes = tasks.filter((task) => task.work.kind === "encode");
  const total = encodes.reduce((sum, task) => sum + task.weight, 0);
  return tasks.map((task) => {
    if (task.work.kind !== "encode") {
      return task;
    }
    const cores = encodes.length >= slots ? 1 : Math.max(1, Math.round((slots * task.weight) / total));
    const threads = cores === 1 ? 1 : Math.min(MAX_THREADS, Math.ceil(1.5 * cores));
    return { ...task, work: { ...task.work, threads } };
  });
}
