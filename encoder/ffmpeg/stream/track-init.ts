/** What the description of a fragmented MP4 says of its one track: its clock, its codec, and what fragments leave out. */
import { onlyChild, readChildren, readNonZero } from "../timeline/mov-boxes.ts";
import { codecString } from "./codec-string.ts";

/** Of samples whose fragment does not say, from `trex` (ISO 14496-12 §8.8.3). */
export type SampleDefaults = { durationTicks: number; sizeBytes: number; flags: number };

export type TrackInit = {
  ticksPerSecond: number;
  /** RFC 6381, such as `avc1.64001f`. */
  codec: string;
  defaults: SampleDefaults;
};

/** From the body of a `moov`; null when it describes more than one track, or a codec that no stream has. */
export function readTrackInit(moov: Uint8Array): TrackInit | null {
  const boxes = readChildren(moov);
  const mdia = readChildren(within(onlyChild(boxes, "trak"), "mdia"));
  const mdhd = onlyChild(mdia, "mdhd");
  const stsd = onlyChild(readChildren(within(onlyChild(mdia, "minf"), "stbl")), "stsd");
  const trex = within(onlyChild(boxes, "mvex"), "trex");
  if (mdhd === null || stsd === null || trex.length < 24) {
    return null;
  }
  const ticksPerSecond = readNonZero(mdhd, mdhd[0] === 1 ? 20 : 12);
  // Version and flags, the count of entries.
  const codec = codecString(readChildren(stsd.subarray(8))?.[0] ?? null);
  const view = new DataView(trex.buffer, trex.byteOffset, trex.length);
  const defaults = {
    durationTicks: view.getUint32(12),
    sizeBytes: view.getUint32(16),
    flags: view.getUint32(20),
  };
  return ticksPerSecond === null || codec === null ? null : { ticksPerSecond, codec, defaults };
}

function within(body: Uint8Array | null, type: string): Uint8Array {
  return onlyChild(readChildren(body ?? new Uint8Array()), type) ?? new Uint8Array();
}
