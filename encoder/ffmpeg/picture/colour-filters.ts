/**
 * Scaling and conversion of colours in one step. What a television shows is converted by swscale from code values to
 * code values; HDR and wide gamuts pass through linear light, where mixing and compressing colours is right.
 */
import type { PixelFormat } from "../../contract/formats.ts";
import { isHdr, isHdrOrWideGamut, type Colour } from "../../contract/media-info.ts";
import { matrixParam, swscaleMatrix, transferParam, zscaleMatrix, zscaleTransfer } from "./colour-names.ts";

type ColourStep = {
  from: Colour;
  to: Colour;
  widthPx: number;
  heightPx: number;
  pixelFormat: PixelFormat;
};

/** Frames of `from` at any size -> frames of `to` at this size and in this format. */
export function colourFilters(step: ColourStep): string[] {
  return needsLinearLight(step.from, step.to) ? throughLinearLight(step) : direct(step);
}

/** Says what the frames are, whatever decoder and filters said before. */
export function tagFilter(colour: Colour): string {
  const { range, primaries } = colour;
  return `setparams=range=${range}:color_primaries=${primaries}:color_trc=${transferParam(colour)}:colorspace=${matrixParam(colour)}`;
}

/** The tags under which decoded frames enter the chain: swscale must know their matrix, or it refuses them. */
export function entryTagFilter(colour: Colour): string {
  const isKnown = colour.matrix === "rgb" || swscaleMatrix(colour) !== null;
  return tagFilter(isKnown ? colour : { ...colour, matrix: "bt709" });
}

function needsLinearLight(from: Colour, to: Colour): boolean {
  const isOtherLight = from.primaries !== to.primaries || from.transfer !== to.transfer;
  const isUnknownToSwscale = from.matrix !== "rgb" && swscaleMatrix(from) === null;
  return (isHdrOrWideGamut(from) && isOtherLight) || isUnknownToSwscale;
}

function direct({ from, to, widthPx, heightPx, pixelFormat }: ColourStep): string[] {
  const isConverted = from.matrix !== to.matrix || from.range !== to.range;
  const flags = isConverted ? EXACT_FLAGS : PLAIN_FLAGS;
  return [
    `scale=w=${widthPx}:h=${heightPx}:flags=${flags}${colourOptions("in", from)}${colourOptions("out", to)}`,
    // Stated next, the pixel format is what `scale` converts to: one conversion for size, colours and depth.
    `format=${pixelFormat}`,
  ];
}

/** Bicubic is swscale's default, named because the default has changed before. */
const PLAIN_FLAGS = "bicubic";
/** Chroma at full size and no rounding shortcuts, for colours that are computed and not only copied. */
const EXACT_FLAGS = "bicubic+accurate_rnd+full_chroma_int+full_chroma_inp";

function colourOptions(side: "in" | "out", colour: Colour): string {
  const matrix = swscaleMatrix(colour);
  return `${matrix === null ? "" : `:${side}_color_matrix=${matrix}`}:${side}_range=${colour.range}`;
}

/** Linear light of 1.0, in nits. */
const NOMINAL_NITS = 100;

/**
 * The brightest light that is told from brighter: HLG's nominal peak, and for PQ, which goes to 10000, what masters
 * contain but for a few sparkles. Higher makes the rest of the picture darker.
 */
const PEAK_NITS = { smpte2084: 2000, "arib-std-b67": 1000 } as const;

/**
 * Hable's curve bends highlights softly and leaves faces and paper, around 203 nits (BT.2408), at 0.72 to 0.76 of the
 * signal; `mobius` and `reinhard` put them above 0.8 or clip. Colours keep their hue.
 */
function toneMapFilters({ transfer }: Colour): string[] {
  return transfer === "smpte2084" || transfer === "arib-std-b67"
    ? [`tonemap=tonemap=hable:desat=0:peak=${PEAK_NITS[transfer] / NOMINAL_NITS}`]
    : [];
}

function throughLinearLight(step: ColourStep): string[] {
  const { from, to, widthPx, heightPx } = step;
  const rgb: Colour = { ...to, matrix: "rgb", range: "pc" };
  return [
    // Full chroma first: zimg takes no odd sides of subsampled pictures.
    `scale=w=${widthPx}:h=${heightPx}:flags=bicubic`,
    `format=${from.matrix === "rgb" ? "gbrp16le" : "yuv444p16le"}`,
    `zscale=${zscaleInput(from)}:transfer=linear:matrix=gbr:range=full:npl=${NOMINAL_NITS}`,
    "format=gbrpf32le",
    ...(isHdr(to) ? [] : toneMapFilters(from)),
    `zscale=primaries=${to.primaries}:transfer=${zscaleTransfer(to)}:matrix=gbr:range=full`,
    "format=gbrp16le",
    tagFilter(rgb),
    ...direct({ ...step, from: rgb }),
  ];
}

function zscaleInput(colour: Colour): string {
  const range = colour.range === "tv" ? "limited" : "full";
  return `matrixin=${zscaleMatrix(colour)}:primariesin=${colour.primaries}:transferin=${zscaleTransfer(colour)}:rangein=${range}`;
}
