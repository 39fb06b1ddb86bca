/** ffprobe's list of a picture's packets -> the frames that are shown. Reads the whole file, but decodes nothing. */
import type { Rational } from "../../contract/media-info.ts";
import { MAX_FRAMES, MAX_TIMESTAMP, packFrame, unpackFrames, type FrameList } from "./frame-list.ts";
import { sourceInput, TOOL_ARGS } from "../input-guards.ts";

/** The arguments of ffprobe that print one line per packet. `url` as for `sourceInput`. */
export function packetIndexArgs(url: string, streamIndex: number): string[] {
  return [
    ...TOOL_ARGS,
    "-select_streams",
    String(streamIndex),
    "-show_entries",
    "packet=pts,dts,duration,flags",
    "-of",
    "csv=p=0",
    // Fills in the times that MPEG program streams and AVI leave out for up to a third of their frames.
    ...sourceInput(url, "-fflags", "+genpts", "-threads", "1"),
  ];
}

export type PacketIndex = {
  /** Takes one line of ffprobe's output. False when nothing that follows can be of use. */
  add: (line: string) => boolean;
  /**
   * Null when a frame has no time, when it is not certain which frames are shown at the beginning, and when there are
   * more than `MAX_FRAMES`.
   */
  finish: () => FrameList | null;
};

const FIRST_CAPACITY = 4_096;

/** Decoders that show nothing of what is stored before the first keyframe. Others show it in ruins, or some of it. */
const SILENT_BEFORE_KEYFRAME = ["h264", "mpeg1video", "mpeg2video"];

/** Decoders that show nothing of what is stored after the first keyframe and belongs before it. */
const SILENT_AROUND_KEYFRAME = ["hevc", "mpeg1video", "mpeg2video"];

/** A reader that is fed one line at a time and keeps one number per frame. */
export function createPacketIndex({ timeBase, codec }: { timeBase: Rational; codec: string }): PacketIndex {
  let packed = new Float64Array(FIRST_CAPACITY);
  let count = 0;
  let isUsable = true;
  let last = { pts: Number.NEGATIVE_INFINITY, duration: 0 };
  let highestDts = Number.NEGATIVE_INFINITY;
  let largestFallback = 0;
  let firstKeyPts: number | null = null;
  return {
    add(line) {
      const packet = readPacket(line);
      // An empty line is what is left of a packet's side data.
      if (packet === null || !isUsable) {
        return isUsable;
      }
      if (!Number.isNaN(packet.dts)) {
        largestFallback = Math.max(largestFallback, highestDts - packet.dts);
        highestDts = Math.max(highestDts, packet.dts);
      }
      if (packet.isKey) {
        firstKeyPts ??= packet.pts;
      }
      if (packet.isDiscarded) {
        return true;
      }
      if (firstKeyPts === null || packet.pts < firstKeyPts) {
        isUsable = (firstKeyPts === null ? SILENT_BEFORE_KEYFRAME : SILENT_AROUND_KEYFRAME).includes(codec);
        return isUsable;
      }
      // What is no number compares as false.
      isUsable = Math.abs(packet.pts) <= MAX_TIMESTAMP && count < MAX_FRAMES;
      if (isUsable) {
        packed = count < packed.length ? packed : grow(packed);
        packed[count] = packFrame(packet.pts, packet.isKey);
        count += 1;
        last = packet.pts > last.pts ? packet : last;
      }
      return isUsable;
    },
    finish: () =>
      isUsable
        ? {
            timeBase,
            ...unpackFrames(packed.slice(0, count)),
            lastDuration: Number.isNaN(last.duration) ? 0 : last.duration,
            largestFallback,
          }
        : null,
  };
}

function grow(full: Float64Array): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(full.length * 2);
  larger.set(full);
  return larger;
}

/** `pts,dts,duration,flags` and perhaps a comma more. Numbers that are `N/A` come back as NaN; null for no packet. */
function readPacket(line: string) {
  const [pts, dts, duration, flags] = line.split(",");
  if (pts === undefined || dts === undefined || duration === undefined || flags === undefined) {
    return null;
  }
  return {
    pts: readInteger(pts),
    dts: readInteger(dts),
    duration: readInteger(duration),
    isKey: flags.startsWith("K"),
    // Decoded for those after it, but outside the span that the file shows.
    isDiscarded: flags.includes("D"),
  };
}

/** ffprobe prints whole numbers and `N/A`. */
function readInteger(text: string): number {
  return text === "" ? Number.NaN : Number(text);
}
