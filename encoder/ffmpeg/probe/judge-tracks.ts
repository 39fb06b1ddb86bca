/** Tracks of a source that cannot be used: whether the source is refused for them, or goes on without them. */
import type { Failure } from "../../contract/failure-catalogue.ts";
import type { Ffprobe } from "../../contract/media-info.ts";
import type { Warning } from "../../contract/warning-catalogue.ts";
import { isEncrypted, preferredTrack, type TrackType } from "./choose-track.ts";
import type { ProbedMedia } from "./parse-probe.ts";
import { parseProbeTree, readCount, readObjects, readText } from "./probe-tree.ts";
import { findForeignMatrix } from "./read-colour.ts";

type Stream = Ffprobe["streams"][number];

const TYPES: readonly TrackType[] = ["video", "audio"];

/**
 * Why a source cannot be used although its format can be read; null when it can. A source whose picture or sound is
 * encrypted, or whose picture has colours that nothing here can convert, is refused as a whole: outputs without that
 * track would not be what was asked for, and one answer before anything is encoded says more than many after.
 */
export function findUnusableTrack({ mediaInfo, ffprobe }: ProbedMedia): Failure | null {
  const { streams } = ffprobe;
  for (const type of TYPES) {
    const preferred = preferredTrack(streams, type);
    if (preferred && mediaInfo[type] === null && isEncrypted(preferred)) {
      return { code: "source_encrypted", ...describe(preferred) };
    }
  }
  const picture = streams.find((stream) => readCount(stream, "index") === mediaInfo.video?.streamIndex);
  const colours = picture ? foreignColours(picture) : null;
  return picture && colours !== null
    ? { code: "colour_not_supported", limit: colours, ...describe(picture) }
    : null;
}

/** Why `parseProbe` found nothing in what ffprobe printed: no track is decodable. Null when there is no track. */
export function explainEmptyProbe(stdout: string): Failure | null {
  const streams = parseProbeTree(stdout)?.streams ?? [];
  for (const type of TYPES) {
    const preferred = preferredTrack(streams, type);
    if (preferred && isEncrypted(preferred)) {
      return { code: "source_encrypted", ...describe(preferred) };
    }
    if (preferred) {
      const code = type === "video" ? "video_not_decodable" : "audio_not_decodable";
      return { code, ...describe(preferred) };
    }
  }
  return null;
}

/** What a customer should know of tracks that were passed over. */
export function probeWarnings({ mediaInfo, ffprobe }: ProbedMedia): Warning[] {
  return TYPES.flatMap((type): Warning[] => {
    const preferred = preferredTrack(ffprobe.streams, type);
    const chosenIndex = mediaInfo[type]?.streamIndex ?? null;
    if (preferred === null || readCount(preferred, "index") === chosenIndex) {
      return [];
    }
    const isReplaced = type === "audio" && chosenIndex !== null;
    return [
      { code: isReplaced ? "audio_track_not_decodable" : "track_not_decodable", ...describe(preferred) },
    ];
  });
}

function foreignColours(stream: Stream): string | null {
  const dolbyVision = readObjects(stream, "side_data_list").find(
    (sideData) => readText(sideData, "side_data_type") === "DOVI configuration record",
  );
  if (dolbyVision) {
    const profile = readCount(dolbyVision, "dv_profile") ?? 0;
    const compatibility = readCount(dolbyVision, "dv_bl_signal_compatibility_id") ?? 0;
    // Such a base layer is in Dolby's own IPT colours, which only its own renderer turns into light.
    if (profile === 5 || (profile >= 8 && compatibility === 0)) {
      return `Dolby Vision profile ${profile} has no layer for other players; profile 8 has`;
    }
  }
  return findForeignMatrix(stream);
}

function describe(stream: Stream): { streamIndex?: number; codec?: string } {
  const streamIndex = readCount(stream, "index");
  const name = readText(stream, "codec_name");
  const codec = name === null || name === "unknown" ? readTag(stream) : name;
  return { ...(streamIndex === null ? {} : { streamIndex }), ...(codec === null ? {} : { codec }) };
}

/** The container's own name of a codec that FFmpeg does not know, such as `apac`. */
function readTag(stream: Stream): string | null {
  const tag = readText(stream, "codec_tag_string");
  return tag !== null && /^[\w. -]{1,16}$/.test(tag) ? tag.trim() : null;
}
