/**
 * What the levels of `quality` look like and what an encoder's speeds cost: SSIM, bytes and CPU seconds on one thread.
 * The table of levels and the choice of presets rest on these figures.
 */
import { join } from "node:path";
import { QUALITY_CRF } from "../../worker/domain/format/quality-table.ts";
import { mean, sizeRatio } from "./quality-curve.ts";
import { makeQualityClips, type QualityClip } from "./quality-clips.ts";
import { encodeClip, ladderArgs, type Encode, type LadderCodec } from "./quality-encode.ts";

type Trial = {
  /** Copra's own preset, then the others that are worth a thought. */
  presets: readonly [string, ...string[]];
  /** Constant quality factors from good to poor, across the levels. */
  crfs: readonly number[];
};

const TRIALS: Readonly<Record<LadderCodec, Trial>> = {
  h264: { presets: ["veryfast", "superfast", "faster", "fast", "medium"], crfs: [20, 26, 32] },
  hevc: { presets: ["veryfast", "ultrafast", "superfast", "fast", "medium"], crfs: [20, 26, 32] },
  vp8: { presets: ["5", "4", "3", "2"], crfs: [16, 32, 48] },
  vp9: { presets: ["5", "4", "3", "2"], crfs: [22, 36, 50] },
  av1: { presets: ["8", "12", "10", "9", "7", "6"], crfs: [25, 40, 55] },
};

// SAFETY: the keys of a literal object are exactly its type's keys.
const CODECS = Object.keys(TRIALS) as LadderCodec[];
const LEVELS = [1, 2, 3, 4, 5] as const;

/**
 * Prints the levels of every codec on two seconds of each clip: a few minutes. `BENCH_FULL=1` takes five seconds and
 * compares the presets too, which is the better part of an hour.
 */
export async function measureQuality(directory: string): Promise<void> {
  const isFull = process.env["BENCH_FULL"] === "1";
  const clips = await makeQualityClips(directory, isFull ? 5 : 2);
  const path = join(directory, "quality.mkv");
  const encode: EncodeAt = (clip, codec, crf, preset = null) =>
    encodeClip(clip, path, ladderArgs(codec, crf, preset), crf);
  printLevels(clips, encode);
  if (isFull) {
    printPresets(clips, encode);
  }
}

type EncodeAt = (clip: QualityClip, codec: LadderCodec, crf: number, preset?: string | null) => Encode;

function printLevels(clips: readonly QualityClip[], encode: EncodeAt): void {
  const filmed = clips.filter(({ isFilmed }) => isFilmed);
  console.log("\nSSIM in dB by level, mean of the filmed clips (the text alone), size against H.264");
  const references = new Map<number, number[]>();
  for (const codec of CODECS) {
    const cells = LEVELS.map((level) => {
      const crf = QUALITY_CRF[codec][level];
      const encodes = clips.map((clip) => encode(clip, codec, crf));
      const ofFilmed = encodes.slice(0, filmed.length);
      const bytes = ofFilmed.map(({ sizeBytes }) => sizeBytes);
      const reference = references.get(level) ?? bytes;
      references.set(level, reference);
      const ratio = geometricMean(bytes.map((size, index) => size / (reference[index] ?? size)));
      const dB = mean(ofFilmed.map(({ ssimDb }) => ssimDb)).toFixed(1);
      return `${level}: crf ${crf} ${dB} (${encodes.at(-1)?.ssimDb.toFixed(1)}) x${ratio.toFixed(2)}`;
    });
    console.log(`  ${codec.padEnd(5)} ${cells.join("   ")}`);
  }
}

function printPresets(clips: readonly QualityClip[], encode: EncodeAt): void {
  console.log("\nPresets: million pixels per CPU second, size at equal SSIM against the first");
  for (const codec of CODECS) {
    const { presets, crfs } = TRIALS[codec];
    const curvesOf = (preset: string): Encode[][] =>
      clips.map((clip) => crfs.map((crf) => encode(clip, codec, crf, preset)));
    const reference = curvesOf(presets[0]);
    for (const preset of presets) {
      const curves = preset === presets[0] ? reference : curvesOf(preset);
      console.log(`  ${codec.padEnd(5)} ${preset.padEnd(10)} ${presetFigures(clips, curves, reference)}`);
    }
  }
}

function presetFigures(
  clips: readonly QualityClip[],
  curves: readonly Encode[][],
  reference: readonly Encode[][],
): string {
  const cpuSeconds = curves.flat().reduce((sum, encode) => sum + encode.cpuSeconds, 0);
  const pixels = clips.reduce((sum, clip, index) => sum + clip.pixels * (curves[index]?.length ?? 0), 0);
  const ratios = curves.map((curve, index) => sizeRatio(curve, reference[index] ?? curve));
  const filmed = geometricMean(ratios.filter((_, index) => clips[index]?.isFilmed));
  const speed = (pixels / cpuSeconds / 1e6).toFixed(1).padStart(6);
  const each = clips.map(({ name }, index) => `${name} ${ratios[index]?.toFixed(2)}`).join(", ");
  return `${speed}  x${filmed.toFixed(3)}  (${each})`;
}

function geometricMean(values: readonly number[]): number {
  return Math.exp(mean(values.map((value) => Math.log(value))));
}
