/** Reads fragmented MP4 (ISO 14496-12): what an initialization segment says of its track, and samples of a segment. */
import { hevcProfile, readParameterSets, type PictureFacts } from "./read-bitstream.ts";

export type Box = { type: string; body: Buffer; offset: number; size: number };

export function boxesOf(bytes: Buffer): Box[] {
  const boxes: Box[] = [];
  let at = 0;
  while (at + 8 <= bytes.length) {
    const short = bytes.readUInt32BE(at);
    const header = short === 1 ? 16 : 8;
    const size =
      short === 1 ? Number(bytes.readBigUInt64BE(at + 8)) : short === 0 ? bytes.length - at : short;
    if (size < header || at + size > bytes.length) {
      throw new Error(`a box at ${at} says ${size} of ${bytes.length} bytes`);
    }
    const type = bytes.toString("latin1", at + 4, at + 8);
    boxes.push({ type, body: bytes.subarray(at + header, at + size), offset: at, size });
    at += size;
  }
  return boxes;
}

/** The first box at a path such as `moov/trak/mdia`. */
function boxAt(bytes: Buffer, path: string): Buffer | null {
  return path
    .split("/")
    .reduce<Buffer | null>(
      (body, type) => (body && boxesOf(body).find((box) => box.type === type)?.body) ?? null,
      bytes,
    );
}

export type InitFacts = {
  timescale: number;
  kind: "video" | "audio";
  codec: string;
  widthPx: number;
  heightPx: number;
  sampleRateHz: number;
  channels: number;
  hasEdits: boolean;
  defaultDuration: number;
  defaultFlags: number;
  /** Of the length field of NAL units; 0 for other codecs. */
  nalLengthBytes: number;
  encryption: { scheme: string; keyId: string } | null;
  psshSystems: string[];
  picture: PictureFacts | null;
};

const VISUAL_HEADER = 78;
const AUDIO_HEADER = 28;

export function readInit(bytes: Buffer): InitFacts {
  const trak = required(boxAt(bytes, "moov/trak"), "moov/trak");
  const mdhd = required(boxAt(trak, "mdia/mdhd"), "mdhd");
  const stsd = required(boxAt(trak, "mdia/minf/stbl/stsd"), "stsd");
  const [entry] = boxesOf(stsd.subarray(8));
  const trex = required(boxAt(bytes, "moov/mvex/trex"), "trex");
  const handler = required(boxAt(trak, "mdia/hdlr"), "hdlr").toString("latin1", 8, 12);
  const kind = handler === "vide" ? "video" : "audio";
  const sampleEntry = required(entry?.body ?? null, "sample entry");
  const inner = boxesOf(sampleEntry.subarray(kind === "video" ? VISUAL_HEADER : AUDIO_HEADER));
  const sinf = inner.find((box) => box.type === "sinf")?.body ?? null;
  const format = sinf ? (boxAt(sinf, "frma")?.toString("latin1") ?? "") : (entry?.type ?? "");
  const config = (type: string) => inner.find((box) => box.type === type)?.body ?? null;
  const elst = boxAt(trak, "edts/elst");
  const nal = config("avcC") ?? config("hvcC");
  return {
    timescale: mdhd[0] === 1 ? mdhd.readUInt32BE(20) : mdhd.readUInt32BE(12),
    kind,
    codec: codecName(format, config),
    widthPx: kind === "video" ? sampleEntry.readUInt16BE(24) : 0,
    heightPx: kind === "video" ? sampleEntry.readUInt16BE(26) : 0,
    channels: kind === "audio" ? sampleEntry.readUInt16BE(16) : 0,
    sampleRateHz: kind === "audio" ? sampleEntry.readUInt32BE(24) / 65_536 : 0,
    hasEdits: elst !== null && elst.readUInt32BE(4) > 0,
    defaultDuration: trex.readUInt32BE(12),
    defaultFlags: trex.readUInt32BE(20),
    nalLengthBytes: nal === null ? 0 : ((format === "avc1" ? (nal[4] ?? 0) : (nal[21] ?? 0)) & 3) + 1,
    encryption: sinf && {
      scheme: required(boxAt(sinf, "schm"), "schm").toString("latin1", 4, 8),
      keyId: required(boxAt(sinf, "schi/tenc"), "tenc").toString("hex", 8, 24),
    },
    psshSystems: boxesOf(required(boxAt(bytes, "moov"), "moov"))
      .filter((box) => box.type === "pssh")
      .map((box) => box.body.toString("hex", 4, 20)),
    picture: nal === null ? null : readParameterSets(parameterSets(format, nal)),
  };
}

function codecName(format: string, config: (type: string) => Buffer | null): string {
  const avcC = config("avcC");
  const hvcC = config("hvcC");
  const av1C = config("av1C");
  const esds = config("esds");
  if (avcC) {
    return `${format}.${avcC.toString("hex", 1, 4)}`;
  }
  if (hvcC) {
    return `${format}.${hevcProfile(hvcC.subarray(1, 13))}`;
  }
  if (av1C) {
    const [, profileLevel = 0, flags = 0] = av1C;
    const depth = flags & 0x40 ? (flags & 0x20 ? 12 : 10) : 8;
    const level = String(profileLevel & 31).padStart(2, "0");
    return `${format}.${profileLevel >> 5}.${level}${flags & 0x80 ? "H" : "M"}.${String(depth).padStart(2, "0")}`;
  }
  if (esds) {
    // Within the elementary stream's descriptor (tag 3) and the decoder's (4): the object type is the first five bits.
    const stream = descriptor(esds.subarray(4), 3).subarray(3);
    const specific = descriptor(descriptor(stream, 4).subarray(13), 5);
    return `${format}.40.${(specific[0] ?? 0) >> 3}`;
  }
  return format;
}

/** Body of a descriptor of MPEG-4 systems (ISO 14496-1 §8.3.3). */
function descriptor(bytes: Buffer, tag: number): Buffer {
  if (bytes[0] !== tag) {
    throw new Error(`descriptor ${bytes[0]} where ${tag} belongs`);
  }
  const lengthBytes = bytes.subarray(1).findIndex((byte) => byte < 0x80) + 1;
  return bytes.subarray(1 + lengthBytes);
}

function parameterSets(format: string, config: Buffer): Buffer[] {
  const sets: Buffer[] = [];
  if (format === "avc1") {
    const length = config.readUInt16BE(6);
    return [config.subarray(8, 8 + length)];
  }
  let at = 23;
  for (let array = 0; array < (config[22] ?? 0); array++) {
    const count = config.readUInt16BE(at + 1);
    at += 3;
    for (let index = 0; index < count; index++) {
      const length = config.readUInt16BE(at);
      sets.push(config.subarray(at + 2, at + 2 + length));
      at += 2 + length;
    }
  }
  return sets;
}

type Sample = { durationTicks: number; sizeBytes: number; offsetTicks: number; isSync: boolean };

export type FragmentFacts = {
  decodeTicks: number;
  samples: Sample[];
  /** Smallest presentation time. */
  earliestTicks: number;
  durationTicks: number;
  /** NAL unit types of the first sample; empty for other codecs. */
  firstNalTypes: number[];
  hasEncryptedSamples: boolean;
};

const FLAG = { offset: 1, firstFlags: 4, duration: 0x100, size: 0x200, flags: 0x400, composition: 0x800 };

/** All fragments of a segment as one. */
export function readFragment(bytes: Buffer, init: InitFacts): FragmentFacts {
  const moofs = boxesOf(bytes).filter((box) => box.type === "moof");
  const trafs = moofs.map((moof) => required(boxAt(moof.body, "traf"), "traf"));
  const samples = trafs.flatMap((traf) => samplesOf(traf, init));
  const tfdt = required(boxAt(required(trafs[0] ?? null, "moof"), "tfdt"), "tfdt");
  const decodeTicks = tfdt[0] === 1 ? Number(tfdt.readBigUInt64BE(4)) : tfdt.readUInt32BE(4);
  let ticks = decodeTicks;
  const shown = samples.map((sample) => {
    const at = ticks + sample.offsetTicks;
    ticks += sample.durationTicks;
    return at;
  });
  const mdat = required(boxAt(bytes, "mdat"), "mdat");
  return {
    decodeTicks,
    samples,
    earliestTicks: Math.min(...shown),
    durationTicks: ticks - decodeTicks,
    firstNalTypes: init.nalLengthBytes ? nalTypes(mdat.subarray(0, samples[0]?.sizeBytes ?? 0), init) : [],
    hasEncryptedSamples: trafs.some((traf) => boxAt(traf, "senc") !== null),
  };
}

function samplesOf(traf: Buffer, init: InitFacts): Sample[] {
  const tfhd = required(boxAt(traf, "tfhd"), "tfhd");
  const has = tfhd.readUInt32BE(0) & 0xffffff;
  let at = 8 + (has & 1 ? 8 : 0) + (has & 2 ? 4 : 0);
  const next = (flag: number, otherwise: number): number => {
    if ((has & flag) === 0) {
      return otherwise;
    }
    at += 4;
    return tfhd.readUInt32BE(at - 4);
  };
  const duration = next(8, init.defaultDuration);
  const size = next(0x10, 0);
  const flags = next(0x20, init.defaultFlags);
  return boxesOf(traf)
    .filter((box) => box.type === "trun")
    .flatMap(({ body }) => samplesOfRun(body, { duration, size, flags }));
}

function samplesOfRun(trun: Buffer, defaults: { duration: number; size: number; flags: number }): Sample[] {
  const has = trun.readUInt32BE(0) & 0xffffff;
  const isSigned = trun[0] === 1;
  let at = 8 + (has & FLAG.offset ? 4 : 0);
  const firstFlags = has & FLAG.firstFlags ? trun.readUInt32BE(at) : null;
  at += firstFlags === null ? 0 : 4;
  return Array.from({ length: trun.readUInt32BE(4) }, (_, index) => {
    const field = (flag: number, otherwise: number): number => {
      if ((has & flag) === 0) {
        return otherwise;
      }
      at += 4;
      return flag === FLAG.composition && isSigned ? trun.readInt32BE(at - 4) : trun.readUInt32BE(at - 4);
    };
    const durationTicks = field(FLAG.duration, defaults.duration);
    const sizeBytes = field(FLAG.size, defaults.size);
    const ownFlags = field(FLAG.flags, defaults.flags);
    const offsetTicks = field(FLAG.composition, 0);
    const flags = index === 0 && firstFlags !== null ? firstFlags : ownFlags;
    return { durationTicks, sizeBytes, offsetTicks, isSync: (flags & 0x10000) === 0 };
  });
}

function nalTypes(sample: Buffer, { nalLengthBytes, codec }: InitFacts): number[] {
  const types: number[] = [];
  let at = 0;
  while (at + nalLengthBytes < sample.length) {
    const length = sample.readUIntBE(at, nalLengthBytes);
    const first = sample[at + nalLengthBytes] ?? 0;
    types.push(codec.startsWith("avc") ? first & 31 : (first >> 1) & 63);
    at += nalLengthBytes + length;
  }
  return types;
}

function required<Value>(value: Value | null, name: string): Value {
  if (value === null) {
    throw new Error(`there is no ${name}`);
  }
  return value;
}
