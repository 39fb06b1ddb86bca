import { describe, expect, it } from "vitest";
import { retimeSamples } from "../../../../../encoder/ffmpeg/stream/fragment-timeline.ts";
import { readFragment, type Sample } from "../../../../../encoder/ffmpeg/stream/read-fragment.ts";
import { segmentHead } from "../../../../../encoder/ffmpeg/stream/write-fragment.ts";

const NO_DEFAULTS = { durationTicks: 0, sizeBytes: 0, flags: 0 };

/** Shown at these times, stored in this order, one tick of storage after the other. */
function stored(ptsTicks: readonly number[], keys: readonly number[] = [0]): Sample[] {
  return ptsTicks.map((pts, index) => ({
    dtsTicks: index - 2,
    ptsTicks: pts,
    durationTicks: 1,
    sizeBytes: 100 + index,
    isKey: keys.includes(index),
  }));
}

/** The boxes of a head, `moof` without its header and the size of the `mdat`. */
function parts(head: Uint8Array): { moof: Uint8Array; moofBytes: number; mdatBytes: number } {
  const view = new DataView(head.buffer, head.byteOffset, head.length);
  const moofBytes = view.getUint32(0);
  return { moof: head.subarray(8, moofBytes), moofBytes, mdatBytes: view.getUint32(moofBytes) };
}

describe("retimeSamples", () => {
  it("stores the samples at their own times of showing, from the first to the end", () => {
    const samples = retimeSamples(stored([600, 640, 610, 625]), 660);
    expect(samples.map(({ durationTicks }) => durationTicks)).toEqual([10, 15, 15, 20]);
    expect(samples.map(({ compositionTicks }) => compositionTicks)).toEqual([0, 30, -15, -15]);
  });
});

describe("segmentHead", () => {
  it("is read back as it was written, with times below the storage time and beyond 32 bits", () => {
    const samples = retimeSamples(stored([600, 640, 610, 625]), 660);
    const startTicks = 2 ** 33 + 5;
    const head = segmentHead({ sequenceNumber: 7, startTicks, samples });
    const { moof, moofBytes, mdatBytes } = parts(head);
    const read = readFragment(moof, 8, NO_DEFAULTS);
    expect(read?.dataOffsetBytes).toBe(head.length);
    expect(head.length).toBe(moofBytes + 8);
    expect(mdatBytes).toBe(8 + 100 + 101 + 102 + 103);
    expect(read?.samples.map((sample) => sample.ptsTicks - startTicks)).toEqual([0, 40, 10, 25]);
    expect(read?.samples.map((sample) => sample.dtsTicks - startTicks)).toEqual([0, 10, 25, 40]);
    expect(read?.samples.map(({ sizeBytes }) => sizeBytes)).toEqual([100, 101, 102, 103]);
    expect(read?.samples.map(({ isKey }) => isKey)).toEqual([true, false, false, false]);
  });

  it("marks every sample of a sound as one to begin with", () => {
    const samples = retimeSamples(stored([0, 1024, 2048], [0, 1, 2]), 3072);
    const read = readFragment(
      parts(segmentHead({ sequenceNumber: 1, startTicks: 0, samples })).moof,
      8,
      NO_DEFAULTS,
    );
    expect(read?.samples.map(({ isKey }) => isKey)).toEqual([true, true, true]);
  });

  it("refuses data that no box can hold", () => {
    const samples = [{ durationTicks: 1, compositionTicks: 0, sizeBytes: 2 ** 31, isKey: true }];
    expect(() => segmentHead({ sequenceNumber: 1, startTicks: 0, samples })).toThrow(RangeError);
  });
});

describe("readFragment", () => {
  const head = segmentHead({
    sequenceNumber: 1,
    startTicks: 0,
    samples: retimeSamples(stored([0, 1, 2]), 3),
  });

  it("refuses what breaks off, at whatever byte", () => {
    const { moof } = parts(head);
    const broken = Array.from({ length: moof.length }, (_, bytes) =>
      readFragment(moof.subarray(0, bytes), 8, NO_DEFAULTS),
    );
    expect(broken.filter((read) => read !== null)).toEqual([]);
  });

  it("refuses a run that claims more samples than it has", () => {
    const moof = Uint8Array.from(parts(head).moof);
    const trun = Buffer.from(moof.buffer).indexOf("trun");
    new DataView(moof.buffer).setUint32(trun + 8, 2 ** 32 - 1);
    expect(readFragment(moof, 8, NO_DEFAULTS)).toBeNull();
  });
});
