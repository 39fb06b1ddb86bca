/**
 * What each level of H.264 and HEVC allows (ITU-T H.264, Annex A, Tables; ITU-T H.265, Annex A, Tables A.8
 * and A.9). Levels are ten times their number, such as 31.
 */
import type { Rational } from "./media-info.ts";

export type H264LevelLimits = {
  level: number;
  macroblocksPerSecond: number;
  macroblocksPerFrame: number;
  /** Decoded picture buffer, in macroblocks. */
  bufferMacroblocks: number;
  /** For the Main profile, in kbit/s and kbit. */
  bitrateKbps: number;
  bufferKbit: number;
};

/** Ascending. */
export const H264_LEVELS: readonly H264LevelLimits[] = [
  h264(10, 1_485, 99, 396, 64, 175),
  h264(11, 3_000, 396, 900, 192, 500),
  h264(12, 6_000, 396, 2_376, 384, 1_000),
  h264(13, 11_880, 396, 2_376, 768, 2_000),
  h264(20, 11_880, 396, 2_376, 2_000, 2_000),
  h264(21, 19_800, 792, 4_752, 4_000, 4_000),
  h264(22, 20_250, 1_620, 8_100, 4_000, 4_000),
  h264(30, 40_500, 1_620, 8_100, 10_000, 10_000),
  h264(31, 108_000, 3_600, 18_000, 14_000, 14_000),
  h264(32, 216_000, 5_120, 20_480, 20_000, 20_000),
  h264(40, 245_760, 8_192, 32_768, 20_000, 25_000),
  h264(41, 245_760, 8_192, 32_768, 50_000, 62_500),
  h264(42, 522_240, 8_704, 34_816, 50_000, 62_500),
  h264(50, 589_824, 22_080, 110_400, 135_000, 135_000),
  h264(51, 983_040, 36_864, 184_320, 240_000, 240_000),
  h264(52, 2_073_600, 36_864, 184_320, 240_000, 240_000),
  h264(60, 4_177_920, 139_264, 696_320, 240_000, 240_000),
  h264(61, 8_355_840, 139_264, 696_320, 480_000, 480_000),
  h264(62, 16_711_680, 139_264, 696_320, 800_000, 800_000),
];

/** How many times the Main profile's bits a profile may carry; High without a profile, as encoders choose it. */
const H264_BITRATE_FACTORS: Readonly<Record<string, number>> = {
  baseline: 1,
  main: 1,
  high: 1.25,
  high10: 3,
  high422: 4,
  high444: 4,
};

/** Ascending. Bitrates of the High tier, from level 4 on. */
const HEVC_LEVELS: readonly {
  level: number;
  samplesPerFrame: number;
  samplesPerSecond: number;
  bitrateKbps: number;
}[] = [
  hevc(10, 36_864, 552_960, 128),
  hevc(20, 122_880, 3_686_400, 1_500),
  hevc(21, 245_760, 7_372_800, 3_000),
  hevc(30, 552_960, 16_588_800, 6_000),
  hevc(31, 983_040, 33_177_600, 10_000),
  hevc(40, 2_228_224, 66_846_720, 30_000),
  hevc(41, 2_228_224, 133_693_440, 50_000),
  hevc(50, 8_912_896, 267_386_880, 100_000),
  hevc(51, 8_912_896, 534_773_760, 160_000),
  hevc(52, 8_912_896, 1_069_547_520, 240_000),
  hevc(60, 35_651_584, 1_069_547_520, 240_000),
  hevc(61, 35_651_584, 2_139_095_040, 480_000),
  hevc(62, 35_651_584, 4_278_190_080, 800_000),
];

export type LevelledCodec = "h264" | "hevc";

/** All levels of a codec, ascending. */
export function levelNumbers(codec: LevelledCodec): number[] {
  return (codec === "h264" ? H264_LEVELS : HEVC_LEVELS).map(({ level }) => level);
}

/**
 * The levels, ascending, that allow pictures of this size at this rate; a null rate is not looked at. Empty for more
 * than any level allows.
 */
export function levelsFor(
  codec: LevelledCodec,
  { widthPx, heightPx, frameRate }: { widthPx: number; heightPx: number; frameRate: Rational | null },
): number[] {
  const { num, den } = frameRate ?? { num: 0, den: 1 };
  const unitPx = codec === "h264" ? 16 : 1;
  const [width, height] = [Math.ceil(widthPx / unitPx), Math.ceil(heightPx / unitPx)];
  return limitsOf(codec).flatMap(({ level, perFrame, perSecond }) =>
    width * height <= perFrame &&
    Math.max(width, height) ** 2 <= 8 * perFrame &&
    width * height * num <= perSecond * den
      ? [level]
      : [],
  );
}

/** The highest bit rate of a level in kbit/s; null for a level that the codec does not have. */
export function levelBitrateKbps(
  codec: LevelledCodec,
  level: number,
  profile: string | null = null,
): number | null {
  if (codec === "hevc") {
    return HEVC_LEVELS.find((row) => row.level === level)?.bitrateKbps ?? null;
  }
  const bitrateKbps = H264_LEVELS.find((row) => row.level === level)?.bitrateKbps;
  return bitrateKbps === undefined ? null : bitrateKbps * (H264_BITRATE_FACTORS[profile ?? "high"] ?? 1);
}

function limitsOf(codec: LevelledCodec): { level: number; perFrame: number; perSecond: number }[] {
  return codec === "h264"
    ? H264_LEVELS.map(({ level, macroblocksPerFrame, macroblocksPerSecond }) => ({
        level,
        perFrame: macroblocksPerFrame,
        perSecond: macroblocksPerSecond,
      }))
    : HEVC_LEVELS.map(({ level, samplesPerFrame, samplesPerSecond }) => ({
        level,
        perFrame: samplesPerFrame,
        perSecond: samplesPerSecond,
      }));
}

function h264(level: number, ...values: [number, number, number, number, number]): H264LevelLimits {
  const [macroblocksPerSecond, macroblocksPerFrame, bufferMacroblocks, bitrateKbps, bufferKbit] = values;
  return { level, macroblocksPerSecond, macroblocksPerFrame, bufferMacroblocks, bitrateKbps, bufferKbit };
}

function hevc(level: number, samplesPerFrame: number, samplesPerSecond: number, bitrateKbps: number) {
  return { level, samplesPerFrame, samplesPerSecond, bitrateKbps };
}
