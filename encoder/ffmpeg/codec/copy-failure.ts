/** Why a track could not be copied into a container, from what ffmpeg said of it. */
import type { Failure } from "../../contract/failure-catalogue.ts";
import { CONTAINERS, type Container } from "../../contract/formats.ts";
import type { RenditionSpec } from "../../contract/output-spec.ts";
import type { TrackCodecs } from "./container-args.ts";
import { audioCodecName, videoCodecName } from "./encoded-names.ts";

/** Said when a muxer takes a track as it is not; nothing else of an encode is worded so. */
const REFUSAL = /Could not write header|muxed as a private data stream/;

/** A muxer's own line that names the codec. */
const NAMES_CODEC = /codec/i;

/**
 * The failure of the copied track that a muxer complains of; null when nothing is copied or the log tells of something
 * else. Muxers that do not name the codec are asked by the table of formats: it is the one that they do not usually take.
 */
export function findCopyFailure(
  { container, video, audio }: RenditionSpec,
  codecs: TrackCodecs,
  log: string,
): Failure | null {
  const copied = [
    ...(video?.codec === "copy" ? [{ ...video, codec: codecs.video, kind: "video" as const }] : []),
    ...(audio?.codec === "copy" ? [{ ...audio, codec: codecs.audio, kind: "audio" as const }] : []),
  ];
  if (!REFUSAL.test(log)) {
    return null;
  }
  const complaints = log.split("\n").filter((line) => NAMES_CODEC.test(line));
  const track =
    copied.find(({ codec }) => codec !== null && complaints.some((line) => words(line).includes(codec))) ??
    copied.find(({ codec, kind }) => codec === null || !usualCodecs(container)[kind].includes(codec)) ??
    copied[0];
  return track === undefined
    ? null
    : {
        code: "copy_not_possible",
        streamIndex: track.sourceStreamIndex,
        ...(track.codec === null ? {} : { codec: track.codec }),
        limit: container,
      };
}

function words(line: string): string[] {
  return line.split(/[^A-Za-z0-9_]+/);
}

/** By ffprobe's names. */
function usualCodecs(container: Container): { video: string[]; audio: string[] } {
  const { video, audio } = CONTAINERS[container];
  return {
    video: video.map(videoCodecName),
    audio: audio.map((codec) => audioCodecName(codec, container)),
  };
}
