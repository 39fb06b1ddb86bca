/** What colours a finished picture has: by what its codec writes, and by what the source can carry into it. */
import { isHdrOrWideGamut, type Colour } from "../../../encoder/contract/media-info.ts";

/**
 * The colours of an output with this matrix and range. Primaries and transfer of a standard source are carried on:
 * converting between them would change pixels by less than their rounding.
 */
export function outputColour(source: Colour, { matrix, range }: Pick<Colour, "matrix" | "range">): Colour {
  return isHdrOrWideGamut(source)
    ? { matrix, primaries: "bt709", transfer: "bt709", range }
    : { matrix, primaries: source.primaries, transfer: source.transfer, range };
}
