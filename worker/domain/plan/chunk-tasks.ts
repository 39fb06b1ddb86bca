/**
 * The tasks of outputs whose pictures are encoded in chunks: analyses, sound, chunks, and what joins them. Sound is
 * encoded once and whole, and shared by all outputs that want the same.
 */
import { CONTAINERS, type AudioCodec, type Container } from "../../../encoder/contract/formats.ts";
import type { MediaInfo } from "../../../encoder/contract/media-info.ts";
import type { AudioSpec, RenditionSpec, VideoSpec } from "../../../encoder/contract/output-spec.ts";
import type { Timeline } from "../../../encoder/contract/timeline.ts";
import { newTask } from "../create-job.ts";
import { decodeCost, encodeCost, wholeEncodeCost } from "./encode-cost.ts";
import type { PartsOf, PlannedPart, SourceSpan, TaskRecord } from "../job-record.ts";
import { workKey } from "../object-keys.ts";
import { chunkablePicture, planChunks, spanFrames, type ChunkPlan } from "./plan-chunks.ts";
import { ANALYZE_FAMILY, chunkFamily, familyName } from "./task-families.ts";
import { threadsFor, type OutputDemand } from "./whole-tasks.ts";

/** Decoding dominates; the quick encode of a small picture comes on top. */
const ANALYZE_FACTOR = 1.25;

const WHOLE_SPAN = { startSeconds: 0, durationSeconds: null };

/** What runs at once: slots of one encoder, and how many encoders the job may hold. */
export type Parallelism = { slots: number; encoders: number };

export type Source = { jobId: string; media: MediaInfo; timeline: Timeline | null };

type JoinDemand = Extract<OutputDemand, { kind: "file" | "package" }>;
/** A picture that is made in chunks, and who joins it. */
type Picture = { outputIndex: number; taskId: string; variant: number; video: VideoSpec };
type Group = { name: string; pictures: Picture[]; dependsOn: string[] };

/**
 * The tasks that make these outputs in chunks, and which outputs they are; no outputs when the source is encoded
 * whole.
 */
export function chunkTasks(
  demands: readonly OutputDemand[],
  source: Source,
  parallelism: Parallelism,
): { outputIndexes: number[]; tasks: TaskRecord[] } {
  const joins = demands.filter(isJoinable);
  const pictures = joins.flatMap(picturesOf);
  const plan = planChunks(
    source.timeline,
    source.media,
    pictures.map(({ video }) => video),
    parallelism.slots * parallelism.encoders,
  );
  if (plan === null || source.timeline === null) {
    return { outputIndexes: [], tasks: [] };
  }
  const groups = groupsOf(plan, pictures);
  const sounds = soundsOf(joins);
  return {
    outputIndexes: joins.map(({ outputIndex }) => outputIndex),
    tasks: [
      ...analyses(plan.spans, groups, source.media),
      ...[...sounds.values()].map((sound) => audioTask(sound, source)),
      ...chunks(plan.spans, groups, source, source.timeline, parallelism),
      ...joins.map((demand) => joinTask(demand, groups, sounds)),
    ],
  };
}

/** An output with pictures, all of which can be chunked. */
function isJoinable(demand: OutputDemand): demand is JoinDemand {
  if (demand.kind === "images" || demand.kind === "animation") {
    return false;
  }
  const renditions = renditionsOf(demand);
  const withPicture = renditions.filter(({ video }) => video !== null);
  return (
    withPicture.length > 0 &&
    withPicture.every((rendition) => chunkablePicture(rendition) !== null) &&
    renditions.every(({ audio }) => encodedSound(audio) === audio)
  );
}

/**
 * Sound that is encoded. Copied sound starts where its packets do, which only one pass over the source can relate to
 * the picture.
 */
function encodedSound(audio: RenditionSpec["audio"]): AudioSpec | null {
  return audio === null || audio.codec === "copy" ? null : audio;
}

function renditionsOf(demand: JoinDemand): RenditionSpec[] {
  return demand.kind === "file" ? [demand.rendition] : demand.renditions;
}

function joinTaskId({ kind, outputIndex }: JoinDemand): string {
  return kind === "file" ? `output-${outputIndex}` : `output-${outputIndex}-package`;
}

function picturesOf(demand: JoinDemand): Picture[] {
  const taskId = joinTaskId(demand);
  return renditionsOf(demand).flatMap((rendition, variant) => {
    const video = chunkablePicture(rendition);
    return video === null ? [] : [{ outputIndex: demand.outputIndex, taskId, variant, video }];
  });
}

function groupsOf(plan: ChunkPlan, pictures: readonly Picture[]): Group[] {
  return plan.groups.map((members, number) => {
    const own = members.flatMap((index) => pictures[index] ?? []);
    return {
      name: chunkFamily(number + 1),
      pictures: own,
      dependsOn: own.some(({ video }) => video.rate.mode === "bitrate") ? [familyName(ANALYZE_FAMILY)] : [],
    };
  });
}

const outputsOf = (pictures: readonly Picture[]): number[] => [
  ...new Set(pictures.map(({ outputIndex }) => outputIndex)),
];

/** One per span when any picture has a bitrate: its bits are shared out among the spans by what each is worth. */
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

type Sound = { taskId: string; audio: AudioSpec; outputIndexes: number[] };

/** The distinct sounds, by what makes them equal. */
function soundsOf(joins: readonly JoinDemand[]): Map<string, Sound> {
  const sounds = new Map<string, Sound>();
  for (const demand of joins) {
    for (const rendition of renditionsOf(demand)) {
      const audio = encodedSound(rendition.audio);
      if (audio !== null) {
        const name = JSON.stringify(audio);
        const known = sounds.get(name);
        const outputIndexes = [...new Set([...(known?.outputIndexes ?? []), demand.outputIndex])];
        sounds.set(name, { taskId: known?.taskId ?? `audio-${sounds.size + 1}`, audio, outputIndexes });
      }
    }
  }
  return sounds;
}

function audioTask({ taskId, audio, outputIndexes }: Sound, { jobId, media }: Source): TaskRecord {
  const rendition: RenditionSpec = {
    container: soundContainer(audio),
    video: null,
    audio,
    span: WHOLE_SPAN,
    isFragmented: false,
    // Titles and languages are read from it when it is joined with the picture.
    keepsMetadata: true,
  };
  return newTask({
    taskId,
    outputIndexes,
    work: { kind: "encode", threads: 1, rendition, to: "work", key: workKey(jobId, taskId) },
    weight: wholeEncodeCost(rendition, media),
  });
}

/** MP4 keeps the length of a sound to the sample; Matroska carries what MP4 does not. */
function soundContainer({ codec }: AudioSpec): Container {
  const carried: readonly AudioCodec[] = CONTAINERS.mp4.audio;
  return carried.includes(codec) ? "mp4" : "mkv";
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

function joinTask(
  demand: JoinDemand,
  groups: readonly Group[],
  sounds: ReadonlyMap<string, Sound>,
): TaskRecord {
  const taskId = joinTaskId(demand);
  const renditions = renditionsOf(demand).map((rendition, variant) => {
    const audioTaskId = sounds.get(JSON.stringify(rendition.audio))?.taskId ?? null;
    const group = groups.find(({ pictures }) =>
      pictures.some((picture) => picture.taskId === taskId && picture.variant === variant),
    );
    return { rendition, files: partsOf(group, audioTaskId) };
  });
  const common = {
    taskId,
    outputIndexes: [demand.outputIndex],
    dependsOn: [...new Set(renditions.flatMap(({ files }) => namesOf(files)))],
  };
  const [first] = renditions;
  if (demand.kind === "file" && first !== undefined) {
    return newTask({ ...common, work: { kind: "assemble", ...first, key: demand.key } });
  }
  if (demand.kind === "package") {
    const { prefix, playlistName, segmentSeconds } = demand;
    return newTask({
      ...common,
      work: { kind: "package", renditions, prefix, playlistName, segmentSeconds },
    });
  }
  throw new RangeError(`Output ${demand.outputIndex} has no rendition.`);
}

function partsOf(group: Group | undefined, audioTaskId: string | null): PartsOf {
  if (group !== undefined) {
    return { type: "chunked", group: group.name, audioTaskId };
  }
  if (audioTaskId === null) {
    throw new RangeError("A rendition without a picture has no sound either.");
  }
  return { type: "whole", taskId: audioTaskId };
}

/** What has to be done before these files can be read. */
function namesOf(files: PartsOf): string[] {
  return files.type === "whole"
    ? [files.taskId]
    : [familyName(files.group), ...(files.audioTaskId === null ? [] : [files.audioTaskId])];
}
