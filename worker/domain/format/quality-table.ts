/**
 * What the five quality levels of format strings are on each encoder's own scale. Measured: one level is one step of
 * 1.33 dB of SSIM and the same SSIM in every codec, within a quarter of a step, as the mean of three filmed clips at
 * the presets that Copra encodes with. Level 4 of H.264 is x264's default of 23. `npm run bench -- quality` measures
 * it again; a change of preset asks for other numbers.
 */

export type Quality = 1 | 2 | 3 | 4 | 5;

/** Constant rate factors: lower is better. AV1 and VP8 end at 63, which is why their last steps are short. */
export const QUALITY_CRF: Readonly<
  Record<"h264" | "hevc" | "vp8" | "vp9" | "av1", Readonly<Record<Quality, number>>>
> = {
  h264: { 1: 32, 2: 29, 3: 26, 4: 23, 5: 20 },
  hevc: { 1: 35, 2: 32, 3: 29, 4: 25, 5: 22 },
  vp8: { 1: 63, 2: 54, 3: 39, 4: 27, 5: 16 },
  vp9: { 1: 51, 2: 45, 3: 38, 4: 31, 5: 24 },
  av1: { 1: 62, 2: 59, 3: 53, 4: 44, 5: 35 },
};
