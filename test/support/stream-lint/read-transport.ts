/** Reads an MPEG transport stream (ISO 13818-1): its tables, times and first pictures. */
import { nalUnits, readParameterSets, type PictureFacts } from "./read-bitstream.ts";

const PACKET = 188;
const STREAM_TYPES: Record<number, "h264" | "hevc" | "aac"> = { 0x1b: "h264", 0x24: "hevc", 0x0f: "aac" };

export type AccessUnit = { ptsTicks: number; dtsTicks: number; data: Buffer; isRandomAccess: boolean };

export type ElementaryStream = {
  pid: number;
  codec: "h264" | "hevc" | "aac";
  units: AccessUnit[];
};

export type TransportFacts = {
  /** The tables come before any media. */
  beginsWithTables: boolean;
  hasClock: boolean;
  streams: ElementaryStream[];
  /** First and last counter of every PID, and whether the first packet says that counting begins anew. */
  counters: Map<number, { first: number; last: number; isNew: boolean }>;
  /** PIDs that skip a counter without saying so. */
  brokenPids: number[];
};

export function readTransport(bytes: Buffer): TransportFacts {
  if (bytes.length === 0 || bytes.length % PACKET !== 0) {
    throw new Error(`${bytes.length} bytes are no whole packets`);
  }
  const facts: TransportFacts = {
    beginsWithTables: false,
    hasClock: false,
    streams: [],
    counters: new Map(),
    brokenPids: [],
  };
  let mapPid = -1;
  const order: string[] = [];
  for (let at = 0; at < bytes.length; at += PACKET) {
    const packet = bytes.subarray(at, at + PACKET);
    if (packet[0] !== 0x47) {
      throw new Error(`packet at ${at} has no sync byte`);
    }
    const { pid, isStart, payload, isRandomAccess } = readPacket(packet, facts);
    if (pid === 0 && isStart) {
      order.push("PAT");
      const section = payload.subarray(1 + (payload[0] ?? 0));
      mapPid = section.readUInt16BE(10) & 0x1fff;
    } else if (pid === mapPid && isStart) {
      order.push("PMT");
      readMap(payload.subarray(1 + (payload[0] ?? 0)), facts);
    } else {
      const stream = facts.streams.find((one) => one.pid === pid);
      if (stream && payload.length > 0) {
        order.push("media");
        addPayload(stream, payload, isStart, isRandomAccess);
      }
    }
  }
  facts.beginsWithTables = order[0] === "PAT" && order[1] === "PMT";
  return facts;
}

function readPacket(packet: Buffer, facts: TransportFacts) {
  const pid = packet.readUInt16BE(1) & 0x1fff;
  const control = packet[3] ?? 0;
  const hasField = (control & 0x20) !== 0;
  const hasPayload = (control & 0x10) !== 0;
  const fieldLength = hasField ? (packet[4] ?? 0) : 0;
  const fieldFlags = hasField && fieldLength > 0 ? (packet[5] ?? 0) : 0;
  facts.hasClock ||= (fieldFlags & 0x10) !== 0;
  countPacket(facts, pid, { counter: control & 15, isNew: (fieldFlags & 0x80) !== 0, hasPayload });
  return {
    pid,
    isStart: ((packet[1] ?? 0) & 0x40) !== 0,
    isRandomAccess: (fieldFlags & 0x40) !== 0,
    payload: hasPayload ? packet.subarray(4 + (hasField ? 1 + fieldLength : 0)) : packet.subarray(PACKET),
  };
}

function countPacket(
  { counters, brokenPids }: TransportFacts,
  pid: number,
  { counter, isNew, hasPayload }: { counter: number; isNew: boolean; hasPayload: boolean },
): void {
  const known = counters.get(pid);
  if (known === undefined) {
    counters.set(pid, { first: counter, last: counter, isNew });
    return;
  }
  const isRight = counter === (hasPayload ? (known.last + 1) % 16 : known.last);
  if (!isRight && !isNew && pid !== 0x1fff) {
    brokenPids.push(pid);
  }
  known.last = counter;
}

function readMap(section: Buffer, { streams }: TransportFacts): void {
  const end = 3 + (section.readUInt16BE(1) & 0xfff) - 4;
  let at = 12 + (section.readUInt16BE(10) & 0xfff);
  while (at + 5 <= end) {
    const codec = STREAM_TYPES[section[at] ?? 0];
    const pid = section.readUInt16BE(at + 1) & 0x1fff;
    if (codec && !streams.some((stream) => stream.pid === pid)) {
      streams.push({ pid, codec, units: [] });
    }
    at += 5 + (section.readUInt16BE(at + 3) & 0xfff);
  }
}

function addPayload(
  stream: ElementaryStream,
  payload: Buffer,
  isStart: boolean,
  isRandomAccess: boolean,
): void {
  if (!isStart) {
    const unit = stream.units.at(-1);
    if (unit) {
      unit.data = Buffer.concat([unit.data, payload]);
    }
    return;
  }
  const flags = payload[7] ?? 0;
  const ptsTicks = timeAt(payload, 9);
  stream.units.push({
    ptsTicks,
    dtsTicks: flags & 0x40 ? timeAt(payload, 14) : ptsTicks,
    data: payload.subarray(9 + (payload[8] ?? 0)),
    isRandomAccess,
  });
}

function timeAt(pes: Buffer, at: number): number {
  const high = ((pes[at] ?? 0) >> 1) & 7;
  const middle = pes.readUInt16BE(at + 1) >> 1;
  const low = pes.readUInt16BE(at + 3) >> 1;
  return high * 2 ** 30 + middle * 2 ** 15 + low;
}

/** NAL unit types of an access unit. */
export function nalTypesOf({ codec }: ElementaryStream, { data }: AccessUnit): number[] {
  return nalUnits(data).map(([first = 0]) => (codec === "h264" ? first & 31 : (first >> 1) & 63));
}

/** An IDR picture of H.264, or one of HEVC that needs nothing before it. */
export function isKeyframe(codec: string, types: readonly number[]): boolean {
  return codec === "h264" || codec.startsWith("avc")
    ? types.includes(5)
    : types.some((type) => type === 19 || type === 20);
}

export function pictureOf(stream: ElementaryStream): PictureFacts | null {
  return stream.units[0] ? readParameterSets(nalUnits(stream.units[0].data)) : null;
}

export type SoundFacts = { codec: string; sampleRateHz: number; frameCount: number };

const RATES_HZ = [
  96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000,
];

/** Of AAC in ADTS frames. */
export function soundOf({ units }: ElementaryStream): SoundFacts {
  const data = Buffer.concat(units.map((unit) => unit.data));
  let frameCount = 0;
  let at = 0;
  while (at + 7 <= data.length && data[at] === 0xff && ((data[at + 1] ?? 0) & 0xf6) === 0xf0) {
    frameCount += ((data[at + 6] ?? 0) & 3) + 1;
    at += (data.readUIntBE(at + 3, 3) >> 5) & 0x1fff;
  }
  if (at !== data.length) {
    throw new Error(`ADTS frames end at ${at} of ${data.length} bytes`);
  }
  return {
    codec: `mp4a.40.${((data[2] ?? 0) >> 6) + 1}`,
    sampleRateHz: RATES_HZ[((data[2] ?? 0) >> 2) & 15] ?? 0,
    frameCount,
  };
}
