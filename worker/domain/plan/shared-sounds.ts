/** Sound that is encoded once and whole, for all outputs in chunks that want the same. */
import { CONTAINERS, type AudioCodec, type Container } from "../../../encoder/contract/formats.ts";
import type { MediaInfo } from "../../../encoder/contract/media-info.ts";
import type { AudioSpec, RenditionSpec } from "../../../encoder/contract/output-spec.ts";
import { newTask } from "../create-job.ts";
import type { TaskRecord } from "../job-record.ts";
import { workKey } from "../object-keys.ts";
import { wholeEncodeCost } from "./encode-cost.ts";
import { audioOf, type JoinDemand } from "./join-demand.ts";

const WHOLE_SPAN = { startSeconds: 0, durationSeconds: null };

export type Sound = { taskId: string; audio: AudioSpec; outputIndexes: number[] };

/** The distinct sounds, by what makes them equal. */
export function sharedSounds(joins: readonly JoinDemand[]): Map<string, Sound> {
  const sounds = new Map<string, Sound>();
  for (const demand of joins) {
    for (const audio of audioOf(demand)) {
      const name = JSON.stringify(audio);
      const known = sounds.get(name);
      const outputIndexes = [...new Set([...(known?.outputIndexes ?? []), demand.outputIndex])];
      sounds.set(name, { taskId: known?.taskId ?? `audio-${sounds.size + 1}`, audio, outputIndexes });
    }
  }
  return sounds;
}

export function audioTask(
  { taskId, audio, outputIndexes }: Sound,
  { jobId, media }: { jobId: string; media: MediaInfo },
): TaskRecord {
  const rendition = soundRendition(audio, WHOLE_SPAN);
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
