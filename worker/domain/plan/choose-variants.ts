/** Which variants of a stream a source is worth: Coconut never upscales a variant. */
import type { MediaInfo, VideoInfo } from "../../../encoder/contract/media-info.ts";
import type { RenditionFormat, Resolution } from "../job-spec.ts";

type PictureVariant = RenditionFormat & { video: NonNullable<RenditionFormat["video"]> };

const OWN_SIZE: Resolution = { widthPx: null, heightPx: null };

/**
 * The variants to encode, in the order asked for, those without a picture last: players start with the first and
 * fall back to the last. Variants larger than the source are dropped; when that leaves none, the smallest is made
 * at the source's size. A source without a picture keeps its sound even when every variant has one. Empty when
 * the source has nothing that the variants show.
 */
export function chooseVariants(variants: readonly RenditionFormat[], media: MediaInfo): RenditionFormat[] {
  const chosen = [
    ...(media.video === null ? [] : withoutUpscaling(variants.filter(hasPicture), media.video)),
    ...(media.audio === null ? [] : variants.filter((variant) => variant.video === null)),
  ];
  if (chosen.length > 0 || media.audio === null) {
    return chosen;
  }
  const bestSound = variants.findLast((variant) => variant.audio !== null);
  return bestSound === undefined ? [] : [{ ...bestSound, video: null }];
}

function withoutUpscaling(variants: readonly PictureVariant[], source: VideoInfo): RenditionFormat[] {
  const kept = variants.filter((variant) => scaleOf(variant, source) <= 1);
  if (kept.length > 0) {
    return kept;
  }
  const [smallest] = variants.toSorted((a, b) => scaleOf(a, source) - scaleOf(b, source));
  return smallest === undefined ? [] : [{ ...smallest, video: atOwnSize(smallest.video) }];
}

function atOwnSize(video: PictureVariant["video"]): PictureVariant["video"] {
  return video.codec === "copy" ? video : { ...video, resolution: OWN_SIZE };
}

/** The factor between the source and the picture in the variant; above 1 is upscaling. */
function scaleOf({ video }: PictureVariant, source: VideoInfo): number {
  const resolution = video.codec === "copy" ? OWN_SIZE : video.resolution;
  const scales = [
    ...(resolution.widthPx === null ? [] : [resolution.widthPx / source.displayWidthPx]),
    ...(resolution.heightPx === null ? [] : [resolution.heightPx / source.displayHeightPx]),
  ];
  return scales.length === 0 ? 1 : Math.min(...scales);
}

function hasPicture(variant: RenditionFormat): variant is PictureVariant {
  return variant.video !== null;
}
