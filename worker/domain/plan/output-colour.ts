/** What colours a finished picture has: by what its codec writes, and by what the source can carry into it. */
import type { Colour } from "../../../encoder/contract/media-info.ts";

const WIDE_PRIMARIES: readonly Colour["primaries"][] = ["bt2020", "smpte431", "smpte432"];
const HDR_TRANSFERS: readonly Colour["transfer"][] = ["smpte2084", "arib-std-b67"];

/** True when the colours have to be mapped, because a standard picture cannot show all of them. */
export function isHdrOrWideGamut({ primaries, transfer }: Colour): boolean {
  return WIDE_PRIMARIES.includes(primaries) || HDR_TRANSFERS.includes(transfer);
}

/**
 * The colours of an output with this matrix and range. Primaries and transfer of a standard source are carried on:
 * converting between them would change pixels by less than their rounding.
 */
export function outputColour(source: Colour, { matrix, range }: Pick<Colour, "matrix" | "range">): Colour {
  return isHdrOrWideGamut(source)
    ? { matrix, primaries: "bt709", transfer: "bt709", range }
    : { matrix, primaries: source.primaries, transfer: source.transfer, range };
}
