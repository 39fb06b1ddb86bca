/** Cues of a whole source -> those of a span of it, on the span's own clock. */

export type Cue = {
  startMs: number;
  endMs: number;
  /** WebVTT's settings; empty for the usual place. */
  settings: string;
  /** Cue text of WebVTT, valid as it is. */
  text: string;
};

/** A cue whose end the file does not know stays until the next one, but not for ever. */
const OPEN_CUE_MS = 10_000;

/** Hours have two digits in most files. What lasts longer ends before it starts: FFmpeg counts lengths modulo 2^32 ms. */
const LONGEST_CUE_MS = 100 * 3_600_000;

export type UncutCue = Omit<Cue, "endMs"> & { durationMs: number | null };

/**
 * Moves cues to a clock that starts at `startMs` and drops what lies outside: cues without a length, before the start, or
 * from `lengthMs` on, null for no end. What reaches across an edge is cut there. In the order of their starts, as WebVTT
 * asks for; the same text at the same time comes once, although ASS likes to lay it over itself.
 */
export function cutCues(
  cues: readonly UncutCue[],
  { startMs, lengthMs }: { startMs: number; lengthMs: number | null },
): Cue[] {
  const sorted = cues.toSorted((one, other) => one.startMs - other.startMs);
  const nextStarts = laterStarts(sorted);
  const seen = new Set<string>();
  return sorted.flatMap((cue, index): Cue[] => {
    const { settings, text } = cue;
    const openEndMs = Math.min(cue.startMs + OPEN_CUE_MS, nextStarts[index] ?? Infinity);
    const durationMs = (cue.durationMs ?? Infinity) <= LONGEST_CUE_MS ? cue.durationMs : null;
    const endMs = durationMs === null ? openEndMs : cue.startMs + durationMs;
    const cut = {
      startMs: Math.max(0, cue.startMs - startMs),
      endMs: Math.min(endMs - startMs, lengthMs ?? Infinity),
    };
    const identity = `${cut.startMs} ${cut.endMs} ${settings}\n${text}`;
    if (cut.endMs <= cut.startMs || seen.has(identity)) {
      return [];
    }
    seen.add(identity);
    return [{ ...cut, settings, text }];
  });
}

/** For each cue the first start after its own. */
function laterStarts(sorted: readonly UncutCue[]): number[] {
  const starts: number[] = [];
  let later = Infinity;
  for (let index = sorted.length - 1; index >= 0; index -= 1) {
    const own = sorted[index]?.startMs ?? 0;
    const next = sorted[index + 1]?.startMs ?? Infinity;
    later = next > own ? next : later;
    starts[index] = later;
  }
  return starts;
}
