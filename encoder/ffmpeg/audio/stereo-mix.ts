/**
 * Many channels in two or one, at the levels of ITU-R BS.775, which keep dialogue as loud as it was: the centre gives
 * each side 0.707, the same power as before. The terms are those of FFmpeg's `pan`.
 */

/** -3 dB: a channel beside or behind one side, or one that both sides share. */
const SHARED = Math.SQRT1_2;
/** -6 dB: above, or behind and shared. */
const FAR = 0.5;
/** The low frequency channel adds to what the others have; small speakers only rattle with more of it. */
const LOW = 0.25;

type Gains = readonly (readonly [channel: string, gain: number])[];

/** Channels of one side by FFmpeg's names. `pan` skips those that the source lacks. */
const side = (letter: "L" | "R"): Gains => [
  [`F${letter}`, 1],
  [`D${letter}`, 1],
  [`F${letter}C`, SHARED],
  [`S${letter}`, SHARED],
  [`B${letter}`, SHARED],
  [`W${letter}`, SHARED],
  [`SD${letter}`, SHARED],
  [`TF${letter}`, FAR],
  [`TB${letter}`, FAR],
];

const MIDDLE: Gains = [
  ["FC", SHARED],
  ["BC", FAR],
  ["TC", FAR],
  ["TFC", FAR],
  ["TBC", FAR],
  ["LFE", LOW],
];

/** FFmpeg knows a layout of each number of channels up to this one, even where the file names none. */
export const NAMED_CHANNELS = 8;

/** Left and right. */
export function stereoMix(sourceChannels: number): [string, string] {
  const [left, right] = sides(sourceChannels);
  return [`c0=${sum(left)}`, `c1=${sum(right)}`];
}

/** Half of each side of the stereo mix: the same from two speakers. */
export function monoMix(sourceChannels: number): string {
  const gains = new Map<string, number>();
  for (const [channel, gain] of sides(sourceChannels).flat()) {
    gains.set(channel, (gains.get(channel) ?? 0) + gain / 2);
  }
  return `c0=${sum([...gains])}`;
}

/** Such as `FL+0.7071*FC`. */
export function sum(gains: Gains): string {
  return gains
    .map(([channel, gain]) => (gain === 1 ? channel : `${Number(gain.toFixed(4))}*${channel}`))
    .join("+");
}

function sides(sourceChannels: number): [Gains, Gains] {
  return sourceChannels > NAMED_CHANNELS
    ? [numbered(sourceChannels, 0), numbered(sourceChannels, 1)]
    : [
        [...side("L"), ...MIDDLE],
        [...side("R"), ...MIDDLE],
      ];
}

/** One side in the order of production (SMPTE ST 428-12): left, right, centre, low, then left and right in turns. */
function numbered(sourceChannels: number, parity: 0 | 1): Gains {
  return Array.from({ length: sourceChannels }, (_, index) => index)
    .filter((index) => index === 2 || index === 3 || index % 2 === parity)
    .map((index) => [`c${index}`, [1, 1, SHARED, LOW][index] ?? FAR] as const);
}
