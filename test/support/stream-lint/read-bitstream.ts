/** Reads sizes and profiles from the parameter sets of H.264 (clause 7.3.2.1.1) and HEVC (clause 7.3.2.2). */

export type PictureFacts = { codec: string; widthPx: number; heightPx: number };

/** NAL units of a byte stream (annex B), without their start codes. */
export function nalUnits(stream: Buffer): Buffer[] {
  const starts: number[] = [];
  for (let at = stream.indexOf("\u0000\u0000\u0001", 0, "latin1"); at !== -1;) {
    starts.push(at + 3);
    at = stream.indexOf("\u0000\u0000\u0001", at + 3, "latin1");
  }
  return starts.map((start, index) => {
    const next = starts[index + 1];
    const end = next === undefined ? stream.length : next - 3;
    return stream.subarray(start, end);
  });
}

/** Null when none of the units is a sequence parameter set. */
export function readParameterSets(units: readonly Buffer[]): PictureFacts | null {
  const hevc = units.find((unit) => ((unit[0] ?? 0) & 0x7e) === 33 << 1 && unit[1] === 1);
  if (hevc) {
    return readHevc(unescaped(hevc));
  }
  const avc = units.find((unit) => ((unit[0] ?? 0) & 31) === 7);
  return avc ? readAvc(unescaped(avc)) : null;
}

function unescaped(unit: Buffer): Buffer {
  const bytes = [...unit].filter(
    (byte, index) => !(byte === 3 && index >= 2 && unit[index - 1] === 0 && unit[index - 2] === 0),
  );
  return Buffer.from(bytes);
}

function bitReader(bytes: Buffer, from: number) {
  let at = from * 8;
  const bit = (): number => {
    const value = ((bytes[at >> 3] ?? 0) >> (7 - (at & 7))) & 1;
    at += 1;
    return value;
  };
  const bits = (count: number): number =>
    Array.from({ length: count }, bit).reduce((sum, b) => sum * 2 + b, 0);
  const ue = (): number => {
    let zeros = 0;
    while (bit() === 0 && zeros < 32) {
      zeros += 1;
    }
    return 2 ** zeros - 1 + bits(zeros);
  };
  const se = (): number => {
    const code = ue();
    return code % 2 === 1 ? (code + 1) / 2 : -code / 2;
  };
  return { bits, ue, se };
}

const PROFILES_WITH_CHROMA = new Set([100, 110, 122, 244, 44, 83, 86, 118, 128]);

function readAvc(sps: Buffer): PictureFacts {
  const codec = `avc1.${sps.toString("hex", 1, 4)}`;
  const { bits, ue, se } = bitReader(sps, 4);
  ue();
  let chroma = 1;
  if (PROFILES_WITH_CHROMA.has(sps[1] ?? 0)) {
    chroma = ue();
    if (chroma === 3) {
      bits(1);
    }
    ue();
    ue();
    bits(1);
    if (bits(1) === 1) {
      throw new Error("scaling lists are not read");
    }
  }
  ue();
  const orderType = ue();
  if (orderType === 0) {
    ue();
  } else if (orderType === 1) {
    bits(1);
    se();
    se();
    const cycle = ue();
    Array.from({ length: cycle }, se);
  }
  ue();
  bits(1);
  const columns = ue() + 1;
  const rows = ue() + 1;
  const isFrames = bits(1);
  if (isFrames === 0) {
    bits(1);
  }
  bits(1);
  const [left = 0, right = 0, top = 0, bottom = 0] = bits(1) === 1 ? [ue(), ue(), ue(), ue()] : [];
  const unitX = chroma === 1 || chroma === 2 ? 2 : 1;
  const unitY = (chroma === 1 ? 2 : 1) * (2 - isFrames);
  return {
    codec,
    widthPx: columns * 16 - unitX * (left + right),
    heightPx: rows * 16 * (2 - isFrames) - unitY * (top + bottom),
  };
}

function readHevc(sps: Buffer): PictureFacts {
  const layers = ((sps[2] ?? 0) >> 1) & 7;
  if (layers > 0) {
    throw new Error("sub-layers are not read");
  }
  const { ue, bits } = bitReader(sps, 3 + 12);
  ue();
  const chroma = ue();
  if (chroma === 3) {
    bits(1);
  }
  const width = ue();
  const height = ue();
  const [left = 0, right = 0, top = 0, bottom = 0] = bits(1) === 1 ? [ue(), ue(), ue(), ue()] : [];
  const unitX = chroma === 1 || chroma === 2 ? 2 : 1;
  const unitY = chroma === 1 ? 2 : 1;
  return {
    codec: `hvc1.${hevcProfile(sps.subarray(3, 15))}`,
    widthPx: width - unitX * (left + right),
    heightPx: height - unitY * (top + bottom),
  };
}

/** The part after `hvc1.` (ISO 14496-15 annex E), from general_profile_space to general_level_idc. */
export function hevcProfile(bytes: Buffer): string {
  const first = bytes[0] ?? 0;
  const space = ["", "A", "B", "C"][first >> 6] ?? "";
  const compatibility = bytes.readUInt32BE(1);
  const reversed = Number.parseInt(
    compatibility.toString(2).padStart(32, "0").split("").toReversed().join(""),
    2,
  ).toString(16);
  const constraints = [...bytes.subarray(5, 11)].map((byte) => byte.toString(16).toUpperCase());
  while (constraints.at(-1) === "0") {
    constraints.pop();
  }
  const tier = first & 0x20 ? "H" : "L";
  return [`${space}${first & 31}`, reversed, `${tier}${bytes[11]}`, ...constraints].join(".");
}
