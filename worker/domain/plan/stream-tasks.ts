/**
 * The tasks between the encodes of a stream and its manifests: sounds and stretches of pictures are cut into segments
 * and published, text is made, and the manifests come last.
 */
import type { RenditionSpec } from "../../../encoder/contract/output-spec.ts";
import { newTask } from "../create-job.ts";
import type { PartsOf, SegmentWork, TaskRecord } from "../job-record.ts";
import type { Stream, StreamPicture } from "../stream-record.ts";
import { familyName, segmentFamily } from "./task-families.ts";

/** Cutting and storing, in CPU seconds per second of one picture: next to nothing against encoding it. */
const SEGMENT_CPU_PER_SECOND = 1 / 500;

/** Of a stream whose length is not known. */
const ASSUMED_SECONDS = 60;

/** A stretch of some pictures, and what has to be encoded for it. */
export type Stretch = Pick<SegmentWork, "index" | "firstNumber" | "spanSeconds" | "pictures"> & {
  /** When it begins, in seconds of the output. */
  startSeconds: number;
  dependsOn: string[];
};

/** Where the encoded media of a stream comes from. */
export type StreamSources = {
  /** By picture. */
  pictures: PartsOf[];
  /** The task that encodes it, by sound. */
  soundTaskIds: string[];
  /** In the order of the stream. */
  stretches: Stretch[];
};

/** `suffix` of the ids: a second plan for the same output needs others. */
export type PlannedStream = { outputIndex: number; stream: Stream; suffix: TaskSuffix };
export type TaskSuffix = "" | "-whole" | "-anew";

export function streamTasks(planned: PlannedStream, sources: StreamSources): TaskRecord[] {
  const { outputIndex, stream, suffix } = planned;
  const packageId = packageTaskId(outputIndex, suffix);
  const { pictures, stretches } = sources;
  const sounds = soundTasks(planned, sources, packageId);
  const segments = stretches.map((stretch, place) =>
    segmentTask(planned, { place, stretch }, packageId, sounds),
  );
  const subtitles = stream.subtitles.map((_subtitle, place) =>
    newTask({
      taskId: `output-${outputIndex}-subtitle-${place + 1}${suffix}`,
      outputIndexes: [outputIndex],
      work: { kind: "subtitle", packageId, subtitle: place },
    }),
  );
  const writing = newTask({
    taskId: packageId,
    outputIndexes: [outputIndex],
    work: { kind: "package", stream, pictures },
    dependsOn: [
      // A chunk that was lost when its segments were stored may never have been compared with its neighbour.
      ...new Set(pictures.flatMap((parts) => (parts.type === "chunked" ? [familyName(parts.group)] : []))),
      ...(segments.length === 0 ? [] : [familyName(segmentFamily(packageId))]),
      ...[...sounds, ...subtitles].map(({ taskId }) => taskId),
    ],
  });
  return [...sounds, ...segments, ...subtitles, writing];
}

export function packageTaskId(outputIndex: number, suffix: TaskSuffix): string {
  return `output-${outputIndex}-package${suffix}`;
}

/** The picture alone, in fragments that segments can be cut from. */
export function pictureRendition({ video }: StreamPicture, { span }: Stream): RenditionSpec {
  return { container: "mp4", video, audio: null, span, isFragmented: true, keepsMetadata: false };
}

/** By sound of the stream. */
function soundTasks(
  { outputIndex, stream, suffix }: PlannedStream,
  { soundTaskIds, stretches }: StreamSources,
  packageId: string,
): TaskRecord[] {
  return stream.sounds.map((_sound, sound) => {
    const fileTaskId = soundTaskIds[sound];
    if (fileTaskId === undefined) {
      throw new RangeError(`Sound ${sound} of output ${outputIndex} is not encoded.`);
    }
    const isMuxed = stream.pictures.some(
      (picture) => picture.sound === sound && picture.folders.transport !== null,
    );
    // Pictures that are encoded apart from each other are not cut into stretches: all begin at zero.
    const borders = stretches.flatMap(({ startSeconds }) => (startSeconds > 0 ? [startSeconds] : []));
    return newTask({
      taskId: `output-${outputIndex}-sound-${sound + 1}${suffix}`,
      outputIndexes: [outputIndex],
      work: {
        kind: "segment-sound",
        packageId,
        sound,
        fileTaskId,
        borderSeconds: isMuxed ? borders : null,
      },
      dependsOn: [fileTaskId],
    });
  });
}

function segmentTask(
  { outputIndex, stream, suffix }: PlannedStream,
  { place, stretch }: { place: number; stretch: Stretch },
  packageId: string,
  sounds: readonly TaskRecord[],
): TaskRecord {
  const { index, firstNumber, spanSeconds, pictures, dependsOn } = stretch;
  const heard = pictures.flatMap((number) => {
    const picture = stream.pictures[number];
    if (picture === undefined || picture.sound === null || picture.folders.transport === null) {
      return [];
    }
    return sounds[picture.sound]?.taskId ?? [];
  });
  return newTask({
    taskId: `output-${outputIndex}-segment-${place + 1}${suffix}`,
    outputIndexes: [outputIndex],
    work: { kind: "segment", packageId, index, firstNumber, spanSeconds, pictures, isStale: false },
    dependsOn: [...dependsOn, ...new Set(heard)],
    weight: SEGMENT_CPU_PER_SECOND * pictures.length * (spanSeconds ?? ASSUMED_SECONDS),
  });
}
