/** How many files an image output has, as far as its request tells. */
import type { AnimationRequest, StillsRequest } from "./job-spec.ts";

/** Null when it follows from the source; one file needs no number in its name. */
export function knownImageFileCount(image: StillsRequest | AnimationRequest): number | null {
  if (!("sampling" in image) || image.sprite?.limit === null) {
    return 1;
  }
  const { sampling, sprite } = image;
  if (sampling.by === "interval") {
    return null;
  }
  const count = sampling.by === "number" ? sampling.count : sampling.seconds.length;
  return sprite === null ? count : Math.ceil(count / (sprite.limit ?? count));
}
