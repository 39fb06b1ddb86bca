/** Reads the packets of an encoded file's picture. */
import { createPacketReader, packetListArgs, type PacketList } from "../ffmpeg/chunk/packet-list.ts";
import { readFfprobeLines } from "./ffmpeg.ts";
import type { WorkContext } from "./work-context.ts";

/**
 * @throws TaskFailure `output_check_failed` when the file cannot be read
 * @throws `signal.reason` when aborted
 */
export async function listPackets(
  path: string,
  mediaSeconds: number | null,
  ctx: Omit<WorkContext, "onProgress">,
): Promise<PacketList> {
  const reader = createPacketReader();
  const reading = { unmatched: "output_check_failed", mediaSeconds, onLine: reader.onLine } as const;
  await readFfprobeLines(packetListArgs(path), ctx, reading);
  return reader.finish();
}
