/** The tasks of outputs whose pictures are encoded in chunks: analyses, sound, chunks, and what joins them. */
import type { MediaInfo } from "../../../encoder/contract/media-info.ts";
import type { Timeline } from "../../../encoder/contract/timeline.ts";
import { newTask } from "../create-job.ts";
import type { PartsOf, PlannedPart, SourceSpan, TaskRecord } from "../job-record.ts";
import { stretchesOf } from "./chunk-stretches.ts";
import { decodeCost, encodeCost } from "./encode-cost.ts";
import {
  isJoinable,
  joinTaskId,
  picturesOf,
  soundsOf,
  type JoinDemand,
  type Picture,
} from "./join-demand.ts";
import { planChunks, planOneChunk, spanFrames, type ChunkPlan } from "./plan-chunks.ts";
import { audioTask, sharedSounds, soundName, type Sound } from "./shared-sounds.ts";
import { streamTasks } from "./stream-tasks.ts";
import { ANALYZE_FAMILY, chunkFamily, familyName } from "./task-families.ts";
import { threadsFor, type OutputDemand } from "./whole-tasks.ts";

/** Decoding dominates; the quick encode of a small picture comes on top. */
const ANALYZE_FACTOR = 1.25;

/** What runs at once: slots of one encoder, and how many encoders the job may hold. */
export type Parallelism = { slots: number; encoders: number };

export type Source = { jobId: string; media: MediaInfo; timeline: Timeline | null };

type Group = { name: string; pictures: Picture[]; dependsOn: string[] };
/** What is encoded together, and how. */
type Joint = { joins: JoinDemand[]; plan: ChunkPlan; timeline: Timeline };

/**
 * The tasks that make these outputs in chunks, and which outputs they are; no outputs when the source is encoded
 * whole. The pictures of a stream come from one decode, so that a short source is one chunk for them.
 */
export function chunkTasks(
  demands: readonly OutputDemand[],
  source: Source,
  parallelism: Parallelism,
): { outputIndexes: number[]; tasks: TaskRecord[] } {
  const joint = planJoint(demands.filter(isJoinable), source, parallelism);
  if (joint === null) {
    return { outputIndexes: [], tasks: [] };
  }
  const { joins, plan, timeline } = joint;
  const groups = groupsOf(plan, joins.flatMap(picturesOf));
  const sounds = sharedSounds(joins);
  return {
    outputIndexes: joins.map(({ outputIndex }) => outputIndex),
    tasks: [
      ...analyses(plan.spans, groups, source.media),
      ...[...sounds.values()].map((sound) => audioTask(sound, source)),
      ...chunks(plan.spans, groups, source, timeline, parallelism),
      ...joins.flatMap((demand) => joinTasks(demand, plan.spans, groups, sounds)),
    ],
  };
}

function planJoint(
  joins: JoinDemand[],
  { media, timeline }: Source,
  { slots, encoders }: Parallelism,
): Joint | null {
  if (timeline === null) {
    return null;
  }
  const videosOf = (demands: readonly JoinDemand[]) => demands.flatMap(picturesOf).map(({ video }) => video);
  const isLiveEdge = joins.some(
    (demand) => demand.kind === "package" && demand.stream.transport?.isLiveEdge === true,
  );
  const options = { parallelism: slots * encoders, isLiveEdge };
  const plan = planChunks(timeline, media, videosOf(joins), options);
  if (plan !== null) {
    return { joins, plan, timeline };
  }
  const streams = joins.filter(({ kind }) => kind === "package");
  return streams.length === 0
    ? null
    : { joins: streams, plan: planOneChunk(timeline, media, videosOf(streams)), timeline };
}

function groupsOf(plan: ChunkPlan, pictures: readonly Picture[]): Group[] {
  return plan.groups.map((members, number) => {
    const own = members.flatMap((index) => pictures[index] ?? []);
    return {
      name: chunkFamily(number + 1),
      pictures: own,
      dependsOn: plan.spans.length > 1 && own.some(hasBitrate) ? [familyName(ANALYZE_FAMILY)] : [],
    };
  });
}

const hasBitrate = ({ video }: Picture): boolean => video.rate.mode === "bitrate";

const outputsOf = (pictures: readonly Picture[]): number[] => [
  ...new Set(pictures.map(({ outputIndex }) => outputIndex)),
];

/** One per span when any picture has a bitrate: its bits are shared out among several spans by what each is worth. */
function analyses(
  spans: readonly SourceSpan[],
  groups: readonly Group[],
  { video }: MediaInfo,
): TaskRecord[] {
  const outputIndexes = outputsOf(
    groups.filter(({ dependsOn }) => dependsOn.length > 0).flatMap((g) => g.pictures),
  );
  const cost = video === null ? 0 : ANALYZE_FACTOR * decodeCost(video);
  return outputIndexes.length === 0
    ? []
    : spans.map((span, index) =>
        newTask({
          taskId: `${ANALYZE_FAMILY}-${index + 1}`,
          outputIndexes,
          work: { kind: "analyze", threads: 1, index, span },
          weight: cost * span.spanSeconds,
        }),
      );
}

/** In source order, so that the source is read from front to back. */
function chunks(
  spans: readonly SourceSpan[],
  groups: readonly Group[],
  { media }: Source,
  { frameCount }: Timeline,
  { slots, encoders }: Parallelism,
): TaskRecord[] {
  const threads = threadsFor(
    Math.min(slots, Math.floor((slots * encoders) / (spans.length * groups.length))),
  );
  return spans.flatMap((span, index) =>
    groups.map(({ name, pictures, dependsOn }) =>
      newTask({
        taskId: `${name}-${index + 1}`,
        outputIndexes: outputsOf(pictures),
        work: {
          kind: "chunk",
          threads,
          group: name,
          index,
          span,
          isExact: false,
          parts: pictures.map(({ taskId, variant, video }): PlannedPart => ({
            taskId,
            variant,
            ...spanFrames(video, span, frameCount),
          })),
        },
        dependsOn,
        weight: chunkCost(pictures, media) * span.spanSeconds,
      }),
    ),
  );
}

function chunkCost(pictures: readonly Picture[], { video: source }: MediaInfo): number {
  return source === null
    ? 0
    : pictures.reduce((sum, { video }) => sum + encodeCost(video, source), decodeCost(source));
}

function joinTasks(
  demand: JoinDemand,
  spans: readonly SourceSpan[],
  groups: readonly Group[],
  sounds: ReadonlyMap<string, Sound>,
): TaskRecord[] {
  const taskId = joinTaskId(demand);
  const own = groups.filter(({ pictures }) => pictures.some((picture) => picture.taskId === taskId));
  const soundTaskIds = soundsOf(demand).flatMap((heard) => sounds.get(soundName(heard))?.taskId ?? []);
  if (demand.kind === "package") {
    const { outputIndex, stream } = demand;
    const planned = { outputIndex, stream, suffix: "" } as const;
    const pictures = stream.pictures.map((_picture, variant): PartsOf => {
      const group = own.find(({ pictures: members }) =>
        members.some((member) => member.taskId === taskId && member.variant === variant),
      );
      return { type: "chunked", group: groupName(group), audioTaskId: null };
    });
    return streamTasks(planned, { pictures, soundTaskIds, stretches: stretchesOf(stream, spans, own) });
  }
  const [group] = own;
  const [audioTaskId = null] = soundTaskIds;
  const files: PartsOf = { type: "chunked", group: groupName(group), audioTaskId };
  const dependsOn = [familyName(files.group), ...soundTaskIds];
  const work = { kind: "assemble", rendition: demand.rendition, files, key: demand.key } as const;
  return [newTask({ taskId, outputIndexes: [demand.outputIndex], work, dependsOn })];
}

function groupName(group: Group | undefined): string {
  if (group === undefined) {
    throw new RangeError("A picture is encoded in no group.");
  }
  return group.name;
}
