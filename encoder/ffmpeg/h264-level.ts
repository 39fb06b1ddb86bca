/** The H.264 level that a stream needs (ITU-T H.264, Annex A, Table A-1). */
import type { Rational } from "../contract/media-info.ts";

type LevelLimits = {
  level: string;
  macroblocksPerSecond: number;
  macroblocksPerFrame: number;
  /** Decoded picture buffer, in macroblocks. */
  bufferMacroblocks: number;
  /** For the Main profile, in kbit/s and kbit. */
  bitrateKbps: number;
  bufferKbit: number;
};

const LEVELS: readonly LevelLimits[] = [
  level("1.0", 1_485, 99, 396, 64, 175),
  level("1.1", 3_000, 396, 900, 192, 500),
  level("1.2", 6_000, 396, 2_376, 384, 1_000),
  level("1.3", 11_880, 396, 2_376, 768, 2_000),
  level("2.0", 11_880, 396, 2_376, 2_000, 2_000),
  level("2.1", 19_800, 792, 4_752, 4_000, 4_000),
  level("2.2", 20_250, 1_620, 8_100, 4_000, 4_000),
  level("3.0", 40_500, 1_620, 8_100, 10_000, 10_000),
  level("3.1", 108_000, 3_600, 18_000, 14_000, 14_000),
  level("3.2", 216_000, 5_120, 20_480, 20_000, 20_000),
  level("4.0", 245_760, 8_192, 32_768, 20_000, 25_000),
  level("4.1", 245_760, 8_192, 32_768, 50_000, 62_500),
  level("4.2", 522_240, 8_704, 34_816, 50_000, 62_500),
  level("5.0", 589_824, 22_080, 110_400, 135_000, 135_000),
  level("5.1", 983_040, 36_864, 184_320, 240_000, 240_000),
  level("5.2", 2_073_600, 36_864, 184_320, 240_000, 240_000),
  level("6.0", 4_177_920, 139_264, 696_320, 240_000, 240_000),
  level("6.1", 8_355_840, 139_264, 696_320, 480_000, 480_000),
  level("6.2", 16_711_680, 139_264, 696_320, 800_000, 800_000),
];

/** High profile may carry a quarter more bits (Table A-2). */
const HIGH_PROFILE_FACTOR = 1.25;

/** With B-frames as references of B-frames, x264 asks for this many frames whatever else is set. */
const BUFFERED_FRAMES = 4;

/** Of a source that does not say: more than usual, so that the level is hardly ever too low. */
const UNKNOWN_RATE: Rational = { num: 60, den: 1 };

type Demand = {
  widthPx: number;
  heightPx: number;
  frameRate: Rational | null;
  /** Null when nothing limits the bit rate; the level then says nothing of it. */
  cap: { maxrateBps: number; bufferBits: number } | null;
};

/** The lowest level that allows it, such as `3.1`; the highest one for more than any allows. */
export function h264Level({ widthPx, heightPx, frameRate, cap }: Demand): string {
  const widthMb = Math.ceil(widthPx / 16);
  const heightMb = Math.ceil(heightPx / 16);
  const frameMb = widthMb * heightMb;
  const { num, den } = frameRate ?? UNKNOWN_RATE;
  const fits = (limits: LevelLimits): boolean =>
    frameMb <= limits.macroblocksPerFrame &&
    Math.max(widthMb, heightMb) ** 2 <= 8 * limits.macroblocksPerFrame &&
    frameMb * num <= limits.macroblocksPerSecond * den &&
    frameMb * BUFFERED_FRAMES <= limits.bufferMacroblocks &&
    (cap === null ||
      (cap.maxrateBps <= limits.bitrateKbps * 1000 * HIGH_PROFILE_FACTOR &&
        cap.bufferBits <= limits.bufferKbit * 1000 * HIGH_PROFILE_FACTOR));
  return LEVELS.find(fits)?.level ?? "6.2";
}

function level(name: string, ...limits: [number, number, number, number, number]): LevelLimits {
  const [macroblocksPerSecond, macroblocksPerFrame, bufferMacroblocks, bitrateKbps, bufferKbit] = limits;
  return {
    level: name,
    macroblocksPerSecond,
    macroblocksPerFrame,
    bufferMacroblocks,
    bitrateKbps,
    bufferKbit,
  };
}
