/** The packets of an encoded picture, as ffprobe lists them. */
import { fileUrl, sourceInput, TOOL_ARGS } from "../input-guards.ts";

export type PacketList = {
  /** In rising order, in the track's ticks. */
  ptsTicks: Float64Array;
  /** Null when the file does not say. */
  secondsPerTick: number | null;
  /** Every packet is stored after the one before it, and none is shown before it is stored. */
  isStoredInOrder: boolean;
  /** Of the codec's headers; empty when there are none. */
  extradataHash: string;
};

/** Lists the picture's packets, a line each, and the checksum of its headers. */
export function packetListArgs(path: string): string[] {
  return [
    ...TOOL_ARGS,
    "-select_streams",
    "v:0",
    "-show_entries",
    "packet=pts,dts:stream=time_base,extradata_hash",
    "-show_data_hash",
    "sha256",
    "-of",
    "compact=nokey=0:print_section=1",
    ...sourceInput(fileUrl(path), "-threads", "1"),
  ];
}

/** A reader that is fed one line at a time: millions of them are not worth keeping as text. */
export function createPacketReader(): { onLine: (line: string) => void; finish: () => PacketList } {
  const ptsTicks: number[] = [];
  let lastDts = Number.NEGATIVE_INFINITY;
  let isStoredInOrder = true;
  let extradataHash = "";
  let secondsPerTick: number | null = null;
  return {
    onLine(line) {
      const packet = /^packet\|pts=(-?\d+|N\/A)\|dts=(-?\d+|N\/A)/.exec(line);
      if (packet) {
        const [pts, dts] = [Number(packet[1]), Number(packet[2])];
        // Comparisons with what is no number are false.
        isStoredInOrder &&= dts > lastDts && pts >= dts;
        lastDts = dts;
        ptsTicks.push(pts);
      } else {
        extradataHash = /^stream\|.*\bextradata_hash=([^|\s]+)/.exec(line)?.[1] ?? extradataHash;
        const base = /^stream\|.*\btime_base=(\d+)\/(\d+)/.exec(line);
        secondsPerTick = base ? Number(base[1]) / Number(base[2]) : secondsPerTick;
      }
    },
    finish: () => ({
      ptsTicks: Float64Array.from(ptsTicks).sort(),
      secondsPerTick,
      isStoredInOrder,
      extradataHash,
    }),
  };
}
