/**
 * From a known source to the task ledger: evaluates every `if`, resolves outputs against the source and lists
 * the tasks that make them. Pure: the same source and request give the same plan.
 */
import type { Failure } from "../../../encoder/contract/failure-catalogue.ts";
import type { Ffprobe, MediaInfo } from "../../../encoder/contract/media-info.ts";
import type { Timeline } from "../../../encoder/contract/timeline.ts";
import { chunkTasks, type Parallelism } from "./chunk-tasks.ts";
import { evaluateCondition, parseCondition, type Variables } from "../condition/condition.ts";
import { conditionVariables } from "../condition/condition-variables.ts";
import { newOutput } from "../create-job.ts";
import type { JobRecord, OutputRecord, TaskRecord } from "../job-record.ts";
import type { HttpstreamRequest, ImageRequest, OutputRequest, VideoRequest } from "../job-spec.ts";
import { keyUrl } from "../job-view.ts";
import { objectKey } from "../object-location.ts";
import { isInPackage, packageClaims, packagesCollide, type PackageClaim } from "../package-claim.ts";
import { fillPaths, keysFailure } from "./fill-paths.ts";
import { resolveImage } from "./resolve-image.ts";
import { manifestKeys, planStream } from "./plan-stream.ts";
import { resolveVideo } from "./resolve-video.ts";
import { withTiles } from "./stream-tiles.ts";
import { wholeTasks, withThreads, type OutputDemand } from "./whole-tasks.ts";

/** A job's URLs stand together in its last webhook, their keys in its record: each a row of at most 1.5 MB. */
const MAX_LIST_CHARS = 800_000;
/** Quotes and comma around a URL. */
const URL_OVERHEAD_CHARS = 3;

export type Plan = { outputs: OutputRecord[]; tasks: TaskRecord[] };

/** What the ingest task found out. */
export type KnownSource = { media: MediaInfo; ffprobe: Ffprobe; timeline: Timeline | null };

/** `demand` is null for an output of which nothing will be made. `packages` are what a stream writes. */
type OutputPlan = { output: OutputRecord; demand: OutputDemand | null; packages?: PackageClaim[] };

/** The plan of all outputs. */
export function planTasks(record: JobRecord, source: KnownSource, parallelism: Parallelism): Plan {
  const { media, ffprobe, timeline } = source;
  const variables = conditionVariables(media, ffprobe);
  const plans = withoutConflicts(
    record,
    record.spec.outputs.map((request, index): OutputPlan => {
      if (request.condition !== null && !evaluateCondition(parseCondition(request.condition), variables)) {
        return { output: newOutput("skipped"), demand: null };
      }
      return planOutput(record, request, index, { media, timeline, variables });
    }),
  );
  const demands = withTiles(plans.flatMap(({ demand }) => demand ?? []));
  const chunked = chunkTasks(demands, { jobId: record.id, media, timeline }, parallelism);
  const whole = demands
    .filter(({ outputIndex }) => !chunked.outputIndexes.includes(outputIndex))
    .flatMap((demand) => wholeTasks(record.id, demand, media));
  const chunkCount = chunked.tasks.filter(({ work }) => work.kind === "chunk").length;
  return {
    outputs: plans.map(({ output }) => output),
    tasks: [...withThreads(whole, parallelism.slots, chunkCount), ...chunked.tasks],
  };
}

/**
 * Fails outputs that cannot stand beside the ones before them: which conditions hold at once, and how many
 * pictures an interval gives, is known only now.
 */
function withoutConflicts(record: JobRecord, plans: OutputPlan[]): OutputPlan[] {
  const taken = { keys: new Set<string>(), packages: [] as PackageClaim[] };
  let listLength = 0;
  return plans.map((plan) => {
    const { packages = [] } = plan;
    // Those of a stream are its manifests, which its packages claim.
    const keys = packages.length > 0 ? [] : plan.output.keys;
    if (isTaken({ keys, packages }, taken)) {
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
    keys.forEach((key) => taken.keys.add(key));
    taken.packages.push(...packages);
    return plan;
  });
}

/** True when something else is written there, or one package of a stream would overwrite the other. */
function isTaken(
  { keys, packages }: { keys: readonly string[]; packages: readonly PackageClaim[] },
  taken: { keys: ReadonlySet<string>; packages: readonly PackageClaim[] },
): boolean {
  const [one, other] = packages;
  return (
    (one !== undefined && other !== undefined && packagesCollide(one, other)) ||
    keys.some((key) => taken.keys.has(key) || taken.packages.some((claim) => isInPackage(key, claim))) ||
    packages.some(
      (claim) =>
        taken.packages.some((known) => packagesCollide(claim, known)) ||
        [...taken.keys].some((key) => isInPackage(key, claim)),
    )
  );
}

function planOutput(
  record: JobRecord,
  template: OutputRequest,
  index: number,
  { media, timeline, variables }: Pick<KnownSource, "media" | "timeline"> & { variables: Variables },
): OutputPlan {
  const filled = fillPaths(template, variables);
  if (!filled.ok) {
    return failed(filled.failure);
  }
  const { request } = filled;
  switch (request.type) {
    case "video":
      return planVideo(record, request, index, media);
    case "image":
      return planImage(record, request, index, media);
    case "httpstream":
      return planHttpstream(record, request, index, { media, timeline });
  }
}

function planVideo(record: JobRecord, request: VideoRequest, index: number, media: MediaInfo): OutputPlan {
  const resolved = resolveVideo(request, media);
  if (!resolved.ok) {
    return failed(resolved.failure);
  }
  const key = objectKey(record.spec.storage.path, request.path);
  return queued([key], { kind: "file", outputIndex: index, rendition: resolved.rendition, key });
}

/** The WebVTT file comes last: customers look for it there. */
function planImage(record: JobRecord, request: ImageRequest, index: number, media: MediaInfo): OutputPlan {
  const resolved = resolveImage(request, media);
  if (!resolved.ok) {
    return failed(resolved.failure);
  }
  const { demand, paths } = resolved;
  const keyOf = (path: string) => objectKey(record.spec.storage.path, path);
  const keys = paths.map(keyOf);
  const [key] = keys;
  if (demand.kind === "animation" && key !== undefined) {
    return queued([key], { kind: "animation", outputIndex: index, animation: demand.animation, key });
  }
  if (demand.kind === "animation") {
    throw new RangeError(`Output ${index} has a picture without a path.`);
  }
  const { image, vttPath } = demand;
  const vtt = vttPath === null ? null : { key: keyOf(vttPath), durationSeconds: media.durationSeconds };
  const all = vtt === null ? keys : [...keys, vtt.key];
  return queued(all, { kind: "images", outputIndex: index, image, keys, vtt });
}

function planHttpstream(
  record: JobRecord,
  request: HttpstreamRequest,
  index: number,
  { media, timeline }: Pick<KnownSource, "media" | "timeline">,
): OutputPlan {
  const planned = planStream(request, record.spec.storage.path, media, timeline);
  if (!planned.ok) {
    return failed(planned.failure);
  }
  const { stream } = planned;
  const plan = queued(manifestKeys(stream), { kind: "package", outputIndex: index, stream });
  return plan.demand === null
    ? plan
    : { ...plan, packages: packageClaims(request, record.spec.storage.path) };
}

function queued(keys: string[], demand: OutputDemand): OutputPlan {
  const failure = keysFailure(keys);
  return failure === null ? { output: newOutput("queued", { keys }), demand } : failed(failure);
}

const failed = (failure: Failure): OutputPlan => ({ output: newOutput("failed", { failure }), demand: null });
