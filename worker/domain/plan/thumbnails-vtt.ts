/**
 * The WebVTT file that leads a player to the thumbnail of each moment.
 * @see https://www.w3.org/TR/webvtt1/
 * @see https://www.w3.org/TR/media-frags/#naming-space
 */
import type { ImageSpec } from "../../../encoder/contract/output-spec.ts";
import type { PlannedVtt } from "../job-record.ts";

type Thumbnails = {
  image: ImageSpec;
  /** Of the pictures, or of the sprite files, in their order. */
  keys: readonly string[];
  vtt: PlannedVtt;
};

type Shown = { atMs: number; target: string };

/** How long the last picture is shown when nothing says so. */
const LAST_CUE_MS = 1_000;

/**
 * One cue per picture, in the order of time and without a gap: from the picture's time to the next one's, the first
 * from zero, the last to the end of the source. Of pictures of the same moment only the first has a cue.
 */
export function thumbnailsVtt({ image, keys, vtt }: Thumbnails): string {
  const folder = vtt.key.split("/").slice(0, -1);
  const shown = image.atSeconds
    .flatMap((atSeconds, index): Shown[] => {
      const key = keys[fileOf(image, index)];
      return key === undefined
        ? []
        : [{ atMs: toMs(atSeconds), target: `${relativeUrl(folder, key)}${fragment(image, index)}` }];
    })
    .toSorted((one, other) => one.atMs - other.atMs)
    .filter(({ atMs }, index, all) => atMs !== all[index - 1]?.atMs);
  const endMs = endOf(shown, vtt.durationSeconds);
  const cues = shown.map(({ atMs, target }, index) => {
    const startMs = index === 0 ? 0 : atMs;
    return `${clock(startMs)} --> ${clock(shown[index + 1]?.atMs ?? endMs)}\n${target}\n`;
  });
  return ["WEBVTT\n", ...cues].join("\n");
}

function fileOf({ sprite }: ImageSpec, index: number): number {
  return sprite === null ? index : Math.floor(index / sprite.tilesPerFile);
}

/** Where in its file the tile lies. */
function fragment({ sprite, picture }: ImageSpec, index: number): string {
  if (sprite === null) {
    return "";
  }
  const { widthPx, heightPx } = picture.frame;
  const place = index % sprite.tilesPerFile;
  const x = (place % sprite.columns) * widthPx;
  const y = Math.floor(place / sprite.columns) * heightPx;
  return `#xywh=${x},${y},${widthPx},${heightPx}`;
}

/** The last cue ends after it has begun, whatever the container says of its duration. */
function endOf(shown: readonly Shown[], durationSeconds: number | null): number {
  const last = shown.at(-1)?.atMs ?? 0;
  const durationMs = durationSeconds === null ? 0 : toMs(durationSeconds);
  const intervalMs = shown.length > 1 ? last - (shown.at(-2)?.atMs ?? 0) : LAST_CUE_MS;
  return durationMs > last ? durationMs : last + intervalMs;
}

/** The address of an object as seen from a folder of the same store, percent-encoded. */
export function relativeUrl(folder: readonly string[], key: string): string {
  const segments = key.split("/");
  const parting = segments.findIndex((segment, index) => segment !== folder[index]);
  const shared = Math.min(parting, segments.length - 1);
  const up = Array.from({ length: folder.length - shared }, () => "..");
  const path = [...up, ...segments.slice(shared).map(encodeURIComponent)].join("/");
  // An empty first segment would be read as the root of the server.
  return path.startsWith("/") ? `./${path}` : path;
}

const toMs = (seconds: number): number => Math.round(seconds * 1000);

/** `hh:mm:ss.mmm`; hours have as many digits as they need. */
function clock(timeMs: number): string {
  const pad = (value: number, digits: number) => String(Math.floor(value)).padStart(digits, "0");
  const [hours, minutes, seconds] = [timeMs / 3_600_000, (timeMs / 60_000) % 60, (timeMs / 1000) % 60];
  return `${pad(hours, 2)}:${pad(minutes, 2)}:${pad(seconds, 2)}.${pad(timeMs % 1000, 3)}`;
}
