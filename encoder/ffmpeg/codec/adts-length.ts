/** How long a bare AAC file plays. It has no index and no times; ffprobe only guesses from the size. */
import { fileUrl, sourceInput, TOOL_ARGS } from "../input-guards.ts";

/** ISO/IEC 14496-3, 4.5.1.1. */
const SAMPLES_PER_PACKET = 1024;

/** The arguments of ffprobe that count the packets. */
export function adtsLengthArgs(path: string): string[] {
  return [
    ...TOOL_ARGS,
    ...["-select_streams", "a:0", "-count_packets"],
    ...["-show_entries", "stream=sample_rate,nb_read_packets", "-of", "json"],
    ...sourceInput(fileUrl(path)),
  ];
}

/** Seconds, from what ffprobe printed; 0 when it shows no sound. */
export function parseAdtsLength(stdout: string): number {
  const printed = /"sample_rate":\s*"(\d+)"/.exec(stdout)?.[1];
  const packets = /"nb_read_packets":\s*"(\d+)"/.exec(stdout)?.[1];
  return printed === undefined || packets === undefined
    ? 0
    : (Number(packets) * SAMPLES_PER_PACKET) / Number(printed);
}
