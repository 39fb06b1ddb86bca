/** Outputs whose pictures can be made in chunks: what each needs encoded, and the task that joins it. */
import type { AudioSpec, RenditionSpec, Span, VideoSpec } from "../../../encoder/contract/output-spec.ts";
import { chunkablePicture } from "./plan-chunks.ts";
import { packageTaskId, pictureRendition } from "./stream-tasks.ts";
import type { OutputDemand } from "./whole-tasks.ts";

export type JoinDemand = Extract<OutputDemand, { kind: "file" | "package" }>;

/** A picture that is made in chunks, and who joins it. */
export type Picture = { outputIndex: number; taskId: string; variant: number; video: VideoSpec };

/** An output with pictures, all of which can be chunked. */
export function isJoinable(demand: OutputDemand): demand is JoinDemand {
  if (demand.kind === "images" || demand.kind === "animation") {
    return false;
  }
  const renditions = renditionsOf(demand);
  return (
    renditions.length > 0 &&
    renditions.every((rendition) => chunkablePicture(rendition) !== null) &&
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

/** Everything of an output that has a picture, and all of a file. */
function renditionsOf(demand: JoinDemand): RenditionSpec[] {
  return demand.kind === "file"
    ? [demand.rendition]
    : demand.stream.pictures.map((picture) => pictureRendition(picture, demand.stream));
}

/** What is heard, and of which part of the source. Sounds of which both are equal are encoded once. */
export type HeardSound = { audio: AudioSpec; span: Span };

export function soundsOf(demand: JoinDemand): HeardSound[] {
  if (demand.kind === "package") {
    const { sounds, soundSpan } = demand.stream;
    return sounds.map(({ audio }) => ({ audio, span: soundSpan }));
  }
  const { audio, span } = demand.rendition;
  const encoded = encodedSound(audio);
  return encoded === null ? [] : [{ audio: encoded, span }];
}

export function joinTaskId({ kind, outputIndex }: JoinDemand): string {
  return kind === "file" ? `output-${outputIndex}` : packageTaskId(outputIndex, "");
}

export function picturesOf(demand: JoinDemand): Picture[] {
  const taskId = joinTaskId(demand);
  return renditionsOf(demand).flatMap((rendition, variant) => {
    const video = chunkablePicture(rendition);
    return video === null ? [] : [{ outputIndex: demand.outputIndex, taskId, variant, video }];
  });
}
