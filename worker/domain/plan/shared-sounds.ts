/** Sound that is encoded once and whole, for all outputs in chunks that want the same. */
import { CONTAINERS, type AudioCodec, type Container } from "../../../encoder/contract/formats.ts";
import type { MediaInfo } from "../../../encoder/contract/media-info.ts";
import type { AudioSpec, RenditionSpec } from "../../../encoder/contract/output-spec.ts";
import { newTask } from "../create-job.ts";
import type { TaskRecord } from "../job-record.ts";
import { workKey } from "../object-keys.ts";
import { wholeEncodeCost } from "./encode-cost.ts";
import { soundsOf, type HeardSound, type JoinDemand } from "./join-demand.ts";

export type Sound = HeardSound & { taskId: string; outputIndexes: number[] };

/** The distinct sounds, by `soundName`. */
export function sharedSounds(joins: readonly JoinDemand[]): Map<string, Sound> {
  const sounds = new Map<string, Sound>();
  for (const demand of joins) {
    for (const heard of soundsOf(demand)) {
      const name = soundName(heard);
      const known = sounds.get(name);
      const outputIndexes = [...new Set([...(known?.outputIndexes ?? []), demand.outputIndex])];
      sounds.set(name, { taskId: known?.taskId ?? `audio-${sounds.size + 1}`, ...heard, outputIndexes });
    }
  }
  return sounds;
}

/** Equal for sounds that are equal. */
export function soundName({ audio, span }: HeardSound): string {
  return JSON.stringify([audio, span]);
}

export function audioTask(
  { taskId, audio, span, outputIndexes }: Sound,
  { jobId, media }: { jobId: string; media: MediaInfo },
): TaskRecord {
  const rendition = soundRendition(audio, span);
  return newTask({
    taskId,
    outputIndexes,
    work: { kind: "encode", threads: 1, rendition, to: "work", key: workKey(jobId, taskId) },
    weight: wholeEncodeCost(rendition, media),
  });
}

/** The sound alone, as it is stored until it is joined with pictures or cut into segments. */
export function soundRendition(audio: AudioSpec, span: RenditionSpec["span"]): RenditionSpec {
  // Titles and languages are read from it when it is joined with the picture.
  const keepsMetadata = true;
  return { container: soundContainer(audio), video: null, audio, span, isFragmented: false, keepsMetadata };
}

/** MP4 keeps the length of a sound to the sample; Matroska carries what MP4 does not. */
function soundContainer({ codec }: AudioSpec): Container {
  const carried: readonly AudioCodec[] = CONTAINERS.mp4.audio;
  return carried.includes(codec) ? "mp4" : "mkv";
}
