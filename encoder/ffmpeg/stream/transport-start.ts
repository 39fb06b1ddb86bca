/**
 * How a segment of a transport stream begins (ISO 13818-1): with its tables, then with a picture that a player can enter
 * at. Packets are fed one after the other, until it is known where the second picture begins.
 */

export const TRANSPORT_PACKET_BYTES = 188;

const SYNC_BYTE = 0x47;
const PAT_PID = 0;

/** Stream types of H.264 and HEVC (ISO 13818-1, table 2-34), and of AAC in ADTS. */
const PICTURE_TYPES = [0x1b, 0x24];
const SOUND_TYPES = [0x0f];

/** Times count modulo 2^33. */
export const TRANSPORT_CLOCK_TICKS = 2 ** 33;

export type TransportStart = {
  /** When the first picture is shown; of a segment without one, when its sound begins. */
  ptsTicks: number;
  /** The stream says that a player can enter here. */
  isEntry: boolean;
  /** Where the second picture begins; null when there is no second one. */
  secondByte: number | null;
};

export type TransportReader = {
  /** Takes a packet that begins at `atByte`; true when no further one is needed. */
  onPacket: (packet: Uint8Array, atByte: number) => boolean;
  /** Null when there were no tables, or nothing of the stream after them. */
  finish: () => TransportStart | null;
};

/** Of segments with a picture, or with sound alone. */
export function createTransportReader(hasPicture: boolean): TransportReader {
  let tablePid: number | null = null;
  let mediaPid: number | null = null;
  let start: TransportStart | null = null;
  return {
    onPacket(packet, atByte) {
      const read = readPacket(packet);
      if (read === null || !read.isUnitStart) {
        return false;
      }
      if (read.pid === PAT_PID) {
        tablePid ??= readTablePid(read.payload);
      } else if (read.pid === tablePid) {
        mediaPid ??= readMediaPid(read.payload, hasPicture ? PICTURE_TYPES : SOUND_TYPES);
      } else if (read.pid === mediaPid && start !== null) {
        start.secondByte = atByte;
        return true;
      } else if (read.pid === mediaPid) {
        const ptsTicks = readPts(read.payload);
        start = ptsTicks === null ? null : { ptsTicks, isEntry: read.isEntry, secondByte: null };
      }
      return false;
    },
    finish: () => start,
  };
}

type Packet = { pid: number; isUnitStart: boolean; isEntry: boolean; payload: Uint8Array };

function readPacket(packet: Uint8Array): Packet | null {
  const [sync, high = 0, low = 0, control = 0, adaptationBytes = 0, flags = 0] = packet;
  if (sync !== SYNC_BYTE || packet.length !== TRANSPORT_PACKET_BYTES) {
    return null;
  }
  const hasAdaptation = (control & 0x20) !== 0;
  const payloadByte = hasAdaptation ? 5 + adaptationBytes : 4;
  return {
    pid: ((high & 0x1f) << 8) | low,
    isUnitStart: (high & 0x40) !== 0,
    isEntry: hasAdaptation && adaptationBytes > 0 && (flags & 0x40) !== 0,
    payload: (control & 0x10) === 0 ? new Uint8Array() : packet.subarray(payloadByte),
  };
}

/** Without the pointer before it and the checksum behind it; empty when the section goes on in another packet. */
function sectionOf(payload: Uint8Array): Uint8Array {
  const section = payload.subarray(1 + (payload[0] ?? 0));
  const lengthBytes = 3 + ((((section[1] ?? 0) & 0x0f) << 8) | (section[2] ?? 0));
  return lengthBytes > section.length ? new Uint8Array() : section.subarray(0, lengthBytes - 4);
}

function pidAt(section: Uint8Array, at: number): number {
  return (((section[at] ?? 0) & 0x1f) << 8) | (section[at + 1] ?? 0);
}

/** The first program's table. */
function readTablePid(payload: Uint8Array): number | null {
  const section = sectionOf(payload);
  return section.length < 12 ? null : pidAt(section, 10);
}

function readMediaPid(payload: Uint8Array, types: readonly number[]): number | null {
  const section = sectionOf(payload);
  const descriptorsBytes = (at: number): number =>
    (((section[at] ?? 0) & 0x0f) << 8) | (section[at + 1] ?? 0);
  for (let at = 12 + descriptorsBytes(10); at + 5 <= section.length; at += 5 + descriptorsBytes(at + 3)) {
    if (types.includes(section[at] ?? 0)) {
      return pidAt(section, at + 1);
    }
  }
  return null;
}

/** Of a packetized elementary stream (ISO 13818-1 §2.4.3.6); null without one. */
function readPts(payload: Uint8Array): number | null {
  const [zero, zeroToo, one, , , , , flags = 0, , a = 0, b = 0, c = 0, d = 0, e = 0] = payload;
  if (zero !== 0 || zeroToo !== 0 || one !== 1 || (flags & 0x80) === 0) {
    return null;
  }
  return ((a >> 1) & 0x07) * 2 ** 30 + (b << 22) + ((c >> 1) << 15) + (d << 7) + (e >> 1);
}
