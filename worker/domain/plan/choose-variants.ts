/** Which variants of a stream a source is worth: Coconut never upscales a variant. */
import type { MediaInfo, VideoInfo } from "../../../encoder/contract/media-info.ts";
import type { PictureFormat, PictureRequest, RenditionFormat, SoundFormat } from "../job-spec.ts";
import type { Resolved } from "./resolved.ts";

/** A variant of a stream: nothing is copied, because segments begin where the stream's own keyframes are. */
export type Variant = { video: PictureFormat | null; audio: SoundFormat | null };
type PictureVariant = Variant & { video: PictureFormat };
type Size = { widthPx: number; heightPx: number };

/**
 * The variants to encode, in the order asked for, those without a picture last: players start with the first and
 * fall back to the last. Variants larger than the source are dropped; when that leaves none, the smallest is made
 * at the source's size. A source without a picture keeps its sound even when every variant has one.
 */
export function chooseVariants(
  formats: readonly RenditionFormat[],
  picture: Pick<PictureRequest, "fit" | "transpose">,
  media: MediaInfo,
): Resolved<{ variants: Variant[] }> {
  const variants = formats.map(encodedVariant);
  if (!variants.every((variant) => variant !== null)) {
    return { ok: false, failure: { code: "copy_not_possible", limit: "a stream" } };
  }
  const chosen = [
    ...(media.video === null
      ? []
      : withoutUpscaling(variants.filter(hasPicture), uprightSize(media.video, picture), picture)),
    ...(media.audio === null ? [] : variants.filter((variant) => variant.video === null)),
  ];
  if (chosen.length > 0) {
    return { ok: true, variants: chosen };
  }
  const bestSound = variants.findLast((variant) => variant.audio !== null);
  return media.audio === null || bestSound === undefined
    ? { ok: false, failure: { code: media.video === null ? "input_has_no_video" : "input_has_no_audio" } }
    : { ok: true, variants: [{ ...bestSound, video: null }] };
}

function encodedVariant({ video, audio }: RenditionFormat): Variant | null {
  return video?.codec === "copy" || audio?.codec === "copy" ? null : { video, audio };
}

/** As the viewer sees it: every value of `transpose` is a quarter turn. */
function uprightSize(
  { displayWidthPx, displayHeightPx }: VideoInfo,
  { transpose }: Pick<PictureRequest, "transpose">,
): Size {
  return transpose === null
    ? { widthPx: displayWidthPx, heightPx: displayHeightPx }
    : { widthPx: displayHeightPx, heightPx: displayWidthPx };
}

function withoutUpscaling(
  variants: readonly PictureVariant[],
  source: Size,
  { fit }: Pick<PictureRequest, "fit">,
): PictureVariant[] {
  const isWorth = ({ video: { resolution } }: PictureVariant) =>
    scaleOf(resolution, source, fit) <= 1 && (resolution.heightPx ?? 0) <= source.heightPx;
  const kept = variants.filter(isWorth);
  if (kept.length > 0) {
    return kept;
  }
  const [smallest] = variants.toSorted(
    (a, b) => scaleOf(a.video.resolution, source, fit) - scaleOf(b.video.resolution, source, fit),
  );
  const resolution = { widthPx: null, heightPx: null };
  return smallest === undefined ? [] : [{ ...smallest, video: { ...smallest.video, resolution } }];
}

/** The factor between the source and the picture in the variant; above 1 is upscaling. */
function scaleOf(resolution: PictureFormat["resolution"], source: Size, fit: PictureRequest["fit"]): number {
  const scales = [
    ...(resolution.widthPx === null ? [] : [resolution.widthPx / source.widthPx]),
    ...(resolution.heightPx === null ? [] : [resolution.heightPx / source.heightPx]),
  ];
  if (scales.length === 0) {
    return 1;
  }
  return fit === "crop" ? Math.max(...scales) : Math.min(...scales);
}

function hasPicture(variant: Variant): variant is PictureVariant {
  return variant.video !== null;
}
