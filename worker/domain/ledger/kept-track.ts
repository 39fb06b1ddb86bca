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

/** Two stretches round the time where they meet each for itself. */
const ROUNDING_SECONDS = 0.001;

/**
 * The track as it was published, of its consecutive stretches; null for none. Manifests find a segment by the lengths of
 * all before it, so the last one of a stretch ends where the next stretch begins.
 *
 * @throws RangeError when they are further apart than by rounding
 */
export function joinTracks(stretches: readonly KeptTrack[]): PublishedTrack | null {
  const [first] = stretches;
  return first === undefined
    ? null
    : {
        ...first,
        segments: stretches.flatMap((stretch, index) => segmentsUpTo(stretch, stretches[index + 1])),
      };
}

function segmentsUpTo(
  { segments, startTicks, ticksPerSecond }: KeptTrack,
  next: Pick<KeptTrack, "startTicks"> | undefined,
): Segment[] {
  const endTicks = segments.reduce((sum, [, durationTicks]) => sum + durationTicks, startTicks);
  const lateTicks = next === undefined ? 0 : next.startTicks - endTicks;
  if (Math.abs(lateTicks) > ROUNDING_SECONDS * ticksPerSecond) {
    throw new RangeError(`A stretch ends at ${endTicks} ticks, the next one begins ${lateTicks} later.`);
  }
  return segments.map((segment, index) => {
    const [number, durationTicks, sizeBytes, keyframeBytes] = segment;
    const isLast = index === segments.length - 1;
    return { number, durationTicks: durationTicks + (isLast ? lateTicks : 0), sizeBytes, keyframeBytes };
  });
}
