/** Published tracks as the ledger keeps them: a day of segments has to fit into a row. */
import type { PublishedTrack } from "../../../encoder/contract/stream.ts";

type Segment = PublishedTrack["segments"][number];

/** A segment as `[number, durationTicks, sizeBytes, keyframeBytes]`. */
export type KeptTrack = Omit<PublishedTrack, "segments"> & {
  segments: [number, number, number, number | null][];
};

export function keepTrack(track: PublishedTrack | null): KeptTrack | null {
  return (
    track && {
      ...track,
      segments: track.segments.map(({ number, durationTicks, sizeBytes, keyframeBytes }) => [
        number,
        durationTicks,
        sizeBytes,
        keyframeBytes,
      ]),
    }
  );
}

/** The track as it was published, of its consecutive stretches; null for none. */
export function joinTracks(stretches: readonly KeptTrack[]): PublishedTrack | null {
  const [first] = stretches;
  return first === undefined
    ? null
    : { ...first, segments: stretches.flatMap(({ segments }) => segments.map(toSegment)) };
}

function toSegment([
  number,
  durationTicks,
  sizeBytes,
  keyframeBytes,
]: KeptTrack["segments"][number]): Segment {
  return { number, durationTicks, sizeBytes, keyframeBytes };
}
