/** Thumbnails in DASH manifests: where a job makes sprites at a steady pace, its streams name them. */
import type { ImageSpec } from "../../../encoder/contract/output-spec.ts";
import type { FragmentsPackage, Stream } from "../stream-record.ts";
import { relativeUrl } from "./thumbnails-vtt.ts";
import type { OutputDemand } from "./whole-tasks.ts";

type Tiles = NonNullable<FragmentsPackage["tiles"]>;
type ImagesDemand = Extract<OutputDemand, { kind: "images" }>;

const MIME_TYPES: Readonly<Record<ImageSpec["format"], string>> = {
  jpg: "image/jpeg",
  png: "image/png",
  webp: "image/webp",
};

/** Two times are the same within this. */
const TOLERANCE_SECONDS = 0.001;

/** Stands for the number of a file; no key has it. */
const NUMBER_PLACE = "\0";

/** The demands, with the sprites of the first output that fits in the manifests of all streams. */
export function withTiles(demands: readonly OutputDemand[]): OutputDemand[] {
  const images = demands.filter((demand) => demand.kind === "images");
  return demands.map((demand) =>
    demand.kind === "package" ? { ...demand, stream: streamWithTiles(demand.stream, images) } : demand,
  );
}

function streamWithTiles(stream: Stream, images: readonly ImagesDemand[]): Stream {
  const { fragments, pictures, span } = stream;
  // Thumbnails are of the whole source, on its clock.
  if (fragments === null || pictures.length === 0 || span.startSeconds > 0) {
    return stream;
  }
  const [tiles] = images.flatMap((demand) => tilesOf(demand, fragments.prefix) ?? []);
  return tiles === undefined ? stream : { ...stream, fragments: { ...fragments, tiles } };
}

/** Null when players could not find the tile of a moment by counting. */
function tilesOf({ outputIndex, image, keys }: ImagesDemand, prefix: string): Tiles | null {
  const { sprite, atSeconds, picture, format } = image;
  const [first, second = 0] = atSeconds;
  const isSteady = atSeconds.every(
    (at, index) => Math.abs(at - index * second) < TOLERANCE_SECONDS * Math.max(1, second),
  );
  const template = numberedKey(keys);
  if (sprite === null || first !== 0 || second <= 0 || !isSteady || template === null) {
    return null;
  }
  const { columns, tilesPerFile } = sprite;
  if (keys.length > 1 && tilesPerFile % columns !== 0) {
    return null;
  }
  const folder = prefix === "" ? [] : prefix.split("/");
  return {
    outputIndex,
    template: relativeUrl(folder, template.key).replace(encodeURIComponent(NUMBER_PLACE), template.number),
    startNumber: 1,
    columns,
    rowsPerFile: Math.ceil(tilesPerFile / columns),
    tileWidthPx: picture.frame.widthPx,
    tileHeightPx: picture.frame.heightPx,
    secondsPerTile: second,
    mimeType: MIME_TYPES[format],
  };
}

/** The keys as one, with `NUMBER_PLACE` where they count from 1, and the number as DASH writes it. */
function numberedKey(keys: readonly string[]): { key: string; number: string } | null {
  const [first] = keys;
  if (first === undefined || keys.length === 1) {
    return first === undefined ? null : { key: first, number: "" };
  }
  for (const { 0: digits, index } of first.matchAll(/\d+/g)) {
    const before = first.slice(0, index);
    const after = first.slice(index + digits.length);
    const numbered = (number: number) => before + String(number).padStart(digits.length, "0") + after;
    if (keys.every((key, place) => key === numbered(place + 1))) {
      const number = digits.length === 1 ? "$Number$" : `$Number%0${digits.length}d$`;
      return { key: before + NUMBER_PLACE + after, number };
    }
  }
  return null;
}
