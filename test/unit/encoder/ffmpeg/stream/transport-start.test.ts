import { describe, expect, it } from "vitest";
import { createTransportReader } from "../../../../../encoder/ffmpeg/stream/transport-start.ts";

/** A packet of 188 bytes: header, an adaptation field where flags are given, payload, filling. */
function packet(
  pid: number,
  payload: number[],
  options: { unit?: boolean; flags?: number } = {},
): Uint8Array {
  const bytes = new Uint8Array(188).fill(0xff);
  const adaptation = options.flags === undefined ? [] : [1, options.flags];
  const control = 0x10 | (adaptation.length > 0 ? 0x20 : 0);
  bytes.set([
    0x47,
    (options.unit === false ? 0 : 0x40) | (pid >> 8),
    pid & 255,
    control,
    ...adaptation,
    ...payload,
  ]);
  return bytes;
}

const PAT = packet(0, [0, 0, 0xb0, 13, 0, 1, 0xc1, 0, 0, 0, 1, 0xf0, 0x00, 1, 2, 3, 4]);
/** Streams of these types at PIDs 0x100, 0x101 …, behind a descriptor of two bytes. */
function pmt(types: readonly number[]): Uint8Array {
  const streams = types.flatMap((type, index) => [type, 0xe1, index, 0xf0, 2, 9, 9]);
  const fields = [0, 1, 0xc1, 0, 0, 0xe1, 0x00, 0xf0, 2, 5, 0];
  return packet(0x1000, [0, 2, 0xb0, fields.length + streams.length + 4, ...fields, ...streams, 1, 2, 3, 4]);
}

/** The beginning of a PES packet that is shown at a 33-bit time. */
function pes(ticks: number): number[] {
  const high = Math.floor(ticks / 2 ** 30);
  const low = ticks % 2 ** 30;
  const pts = [
    ...[0x21 | (high << 1), low >> 22, ((low >> 14) & 0xfe) | 1, (low >> 7) & 255, ((low << 1) & 0xfe) | 1],
  ];
  return [0, 0, 1, 0xe0, 0, 0, 0x80, 0x80, 5, ...pts];
}

function read(packets: readonly Uint8Array[], hasPicture = true) {
  const reader = createTransportReader(hasPicture);
  const used = packets.findIndex((one, index) => reader.onPacket(one, index * 188));
  return { start: reader.finish(), used: used === -1 ? packets.length : used + 1 };
}

describe("createTransportReader", () => {
  const ticks = 2 ** 32 + 900_123;

  it("tells when the first picture is shown, that players can enter at it, and where the second begins", () => {
    const packets = [
      ...[packet(0x11, [0, 1]), PAT, pmt([0x0f, 0x1b])],
      packet(0x101, pes(ticks), { flags: 0x40 }),
      packet(0x101, [1, 2, 3], { unit: false }),
      packet(0x100, pes(5)),
      packet(0x101, pes(ticks + 3600)),
      packet(0x101, pes(ticks + 7200)),
    ];
    expect(read(packets)).toEqual({
      start: { ptsTicks: ticks, isEntry: true, secondByte: 6 * 188 },
      used: 7,
    });
  });

  it("knows HEVC, and pictures that no player can enter at", () => {
    const packets = [PAT, pmt([0x24]), packet(0x100, pes(1))];
    expect(read(packets).start).toEqual({ ptsTicks: 1, isEntry: false, secondByte: null });
  });

  it("reads the sound where there is no picture", () => {
    const packets = [PAT, pmt([0x0f]), packet(0x100, pes(900_000), { flags: 0x40 })];
    expect(read(packets, false).start?.ptsTicks).toBe(900_000);
  });

  it("finds nothing without tables, without a picture, and in what is no transport stream", () => {
    const media = packet(0x100, pes(1), { flags: 0x40 });
    const wrong = [
      [media],
      [PAT, media],
      [pmt([0x1b]), media],
      [PAT, pmt([0x0f]), media],
      [new Uint8Array(188)],
    ];
    expect(wrong.map((packets) => read(packets).start)).toEqual(wrong.map(() => null));
  });
});
