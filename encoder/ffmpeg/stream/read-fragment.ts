/**
 * The samples of one movie fragment (ISO 14496-12 §8.8), of files that this encoder or its tools have written: one track,
 * data in the order of its samples.
 */
import { onlyChild, readChildren } from "../timeline/mov-boxes.ts";
import type { SampleDefaults } from "./track-init.ts";

/** In the order in which they are stored; times in ticks of the track. */
export type Sample = {
  dtsTicks: number;
  ptsTicks: number;
  durationTicks: number;
  sizeBytes: number;
  isKey: boolean;
};

export type Fragment = {
  /** At least one. */
  samples: [Sample, ...Sample[]];
  /** From the beginning of the `moof` to the first sample's data. */
  dataOffsetBytes: number;
};

/** A sample that depends on others (ISO 14496-12 §8.8.3.1). */
const NON_SYNC = 0x01_00_00;

const TFHD = { dataOffset: 0x1, description: 0x2, duration: 0x8, size: 0x10, flags: 0x20 } as const;
const TRUN = {
  dataOffset: 0x1,
  firstFlags: 0x4,
  duration: 0x100,
  size: 0x200,
  flags: 0x400,
  composition: 0x800,
} as const;

/** The fragment of a `moof` without its header, `headerBytes` long; null when it is not one as described above. */
export function readFragment(
  body: Uint8Array,
  headerBytes: number,
  defaults: SampleDefaults,
): Fragment | null {
  const traf = readChildren(onlyChild(readChildren(body), "traf") ?? new Uint8Array());
  const tfhd = onlyChild(traf, "tfhd");
  const tfdt = onlyChild(traf, "tfdt");
  if (traf === null || tfhd === null || tfdt === null) {
    return null;
  }
  try {
    const own = readDefaults(tfhd, defaults);
    let dtsTicks = readStart(tfdt);
    const samples: Sample[] = [];
    let dataOffsetBytes: number | null = null;
    for (const { body: trun } of traf.filter(({ type }) => type === "trun")) {
      const run = readRun(trun, own, dtsTicks);
      dataOffsetBytes ??= run.dataOffsetBytes;
      samples.push(...run.samples);
      dtsTicks = run.endTicks;
    }
    const [first, ...rest] = samples;
    return first === undefined || dataOffsetBytes === null || dataOffsetBytes < headerBytes + body.length
      ? null
      : { samples: [first, ...rest], dataOffsetBytes };
  } catch (error) {
    // A box that is shorter than its flags say.
    if (error instanceof RangeError) {
      return null;
    }
    throw error;
  }
}

function viewOf(body: Uint8Array): DataView {
  return new DataView(body.buffer, body.byteOffset, body.length);
}

/** A reader of 32-bit numbers, one after the other. */
function numbersFrom(view: DataView, startByte: number): () => number {
  let at = startByte;
  return () => {
    at += 4;
    return view.getUint32(at - 4);
  };
}

function readDefaults(tfhd: Uint8Array, defaults: SampleDefaults): SampleDefaults {
  const view = viewOf(tfhd);
  const flags = view.getUint32(0) & 0xff_ff_ff;
  const skipped = 8 + (flags & TFHD.dataOffset ? 8 : 0) + (flags & TFHD.description ? 4 : 0);
  const next = numbersFrom(view, skipped);
  return {
    durationTicks: flags & TFHD.duration ? next() : defaults.durationTicks,
    sizeBytes: flags & TFHD.size ? next() : defaults.sizeBytes,
    flags: flags & TFHD.flags ? next() : defaults.flags,
  };
}

function readStart(tfdt: Uint8Array): number {
  const view = viewOf(tfdt);
  return view.getUint8(0) === 1 ? Number(view.getBigUint64(4)) : view.getUint32(4);
}

type Run = { samples: Sample[]; dataOffsetBytes: number | null; endTicks: number };

function readRun(trun: Uint8Array, defaults: SampleDefaults, startTicks: number): Run {
  const view = viewOf(trun);
  const has = view.getUint32(0) & 0xff_ff_ff;
  const next = numbersFrom(view, 4);
  const count = next();
  const dataOffsetBytes = has & TRUN.dataOffset ? next() : null;
  const firstFlags = has & TRUN.firstFlags ? next() : null;
  const samples: Sample[] = [];
  let dtsTicks = startTicks;
  for (let index = 0; index < count; index++) {
    const durationTicks = has & TRUN.duration ? next() : defaults.durationTicks;
    const sizeBytes = has & TRUN.size ? next() : defaults.sizeBytes;
    const own = has & TRUN.flags ? next() : defaults.flags;
    // Signed in version 1; FFmpeg writes negative ones in version 0 too.
    const compositionTicks = has & TRUN.composition ? Math.trunc(next()) | 0 : 0;
    const flags = index === 0 && firstFlags !== null ? firstFlags : own;
    const ptsTicks = dtsTicks + compositionTicks;
    samples.push({ dtsTicks, ptsTicks, durationTicks, sizeBytes, isKey: (flags & NON_SYNC) === 0 });
    dtsTicks += durationTicks;
  }
  return { samples, dataOffsetBytes, endTicks: dtsTicks };
}
