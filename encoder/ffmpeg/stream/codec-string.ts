/** The `CODECS` names of tracks (RFC 6381), from the sample entry that describes them in an MP4. */
import { readChildren, type Box } from "../timeline/mov-boxes.ts";

/** Fields of a `VisualSampleEntry` and of an `AudioSampleEntry` before their boxes (ISO 14496-12 §12.1.3, §12.2.3). */
const VISUAL_FIELDS_BYTES = 78;
const AUDIO_FIELDS_BYTES = 28;

/** Null for a codec that streams do not have, and for a description that is too short. */
export function codecString(entry: Box | null): string | null {
  switch (entry?.type) {
    case "avc1":
      return h264String(configOf(entry, VISUAL_FIELDS_BYTES, "avcC"));
    case "hvc1":
      return hevcString(configOf(entry, VISUAL_FIELDS_BYTES, "hvcC"));
    case "av01":
      return av1String(configOf(entry, VISUAL_FIELDS_BYTES, "av1C"));
    case "mp4a":
      return aacString(configOf(entry, AUDIO_FIELDS_BYTES, "esds"));
    default:
      return null;
  }
}

function configOf(entry: Box, fieldsBytes: number, type: string): Uint8Array {
  const boxes = readChildren(entry.body.subarray(fieldsBytes)) ?? [];
  return boxes.find((box) => box.type === type)?.body ?? new Uint8Array();
}

/** Profile, compatibility flags and level as six hexadecimal digits (ISO 14496-15 §5.3.3.1, RFC 6381 §3.3). */
function h264String(config: Uint8Array): string | null {
  return config.length < 4 ? null : `avc1.${[...config.subarray(1, 4)].map(twoDigits).join("")}`;
}

function twoDigits(byte: number): string {
  return byte.toString(16).padStart(2, "0");
}

/** ISO 14496-15, annex E.3: profile, compatibility flags in reverse, tier and level, constraint bytes without the last zeros. */
function hevcString(config: Uint8Array): string | null {
  if (config.length < 13) {
    return null;
  }
  const view = new DataView(config.buffer, config.byteOffset, config.length);
  const general = view.getUint8(1);
  const space = ["", "A", "B", "C"][general >> 6] ?? "";
  const tier = (general & 0x20) === 0 ? "L" : "H";
  const constraints = [...config.subarray(6, 12)];
  const used = constraints.slice(0, constraints.findLastIndex((byte) => byte !== 0) + 1);
  return [
    "hvc1",
    `${space}${general & 0x1f}`,
    reversedBits(view.getUint32(2)).toString(16).toUpperCase(),
    `${tier}${view.getUint8(12)}`,
    ...used.map((byte) => byte.toString(16).toUpperCase()),
  ].join(".");
}

function reversedBits(value: number): number {
  return Number.parseInt(value.toString(2).padStart(32, "0").split("").toReversed().join(""), 2);
}

/** AV1 Codec ISO Media File Format Binding §5: profile, level and tier, depth; the optional rest is what players assume. */
function av1String(config: Uint8Array): string | null {
  const [, profileAndLevel, flags] = config;
  if (profileAndLevel === undefined || flags === undefined) {
    return null;
  }
  const isHighBitDepth = (flags & 0x40) !== 0;
  const depth = isHighBitDepth ? ((flags & 0x20) === 0 ? "10" : "12") : "08";
  const level = String(profileAndLevel & 0x1f).padStart(2, "0");
  return `av01.${profileAndLevel >> 5}.${level}${(flags & 0x80) === 0 ? "M" : "H"}.${depth}`;
}

/** Tags of descriptors (ISO 14496-1 §7.2.2.1), and the fixed fields of each before those within it. */
const ES_DESCRIPTOR = { tag: 3, fieldsBytes: 3 } as const;
const DECODER_DESCRIPTOR = { tag: 4, fieldsBytes: 13 } as const;
const SETUP_DESCRIPTOR = { tag: 5, fieldsBytes: 0 } as const;
const AUDIO_14496_3 = 0x40;

/** `mp4a.40.` and the audio object type: an `esds` holds the stream's descriptor, that the decoder's, that its setup. */
function aacString(esds: Uint8Array): string | null {
  const decoder = enter(enter(esds.subarray(4), ES_DESCRIPTOR), DECODER_DESCRIPTOR);
  const objectType = enter(decoder, SETUP_DESCRIPTOR)[0];
  const isAac =
    enterHead(enter(esds.subarray(4), ES_DESCRIPTOR), DECODER_DESCRIPTOR.tag)[0] === AUDIO_14496_3;
  // The first five bits; 31 says that more follow, which no sound of ours does.
  return objectType === undefined || !isAac ? null : `mp4a.40.${objectType >> 3}`;
}

function enter(bytes: Uint8Array, { tag, fieldsBytes }: { tag: number; fieldsBytes: number }): Uint8Array {
  return enterHead(bytes, tag).subarray(fieldsBytes);
}

/** What follows the tag and the length, up to four bytes of seven bits; empty for another tag. */
function enterHead(bytes: Uint8Array, tag: number): Uint8Array {
  if (bytes[0] !== tag) {
    return new Uint8Array();
  }
  let at = 1;
  while (at < 4 && ((bytes[at] ?? 0) & 0x80) !== 0) {
    at += 1;
  }
  return bytes.subarray(at + 1);
}
