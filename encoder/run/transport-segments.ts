/** Segments of an MPEG transport stream: made by FFmpeg, measured, and encrypted where that is asked for. */
import { createCipheriv } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, open, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import {
  TRANSPORT_OFFSET_SECONDS,
  TRANSPORT_TICKS_PER_SECOND,
  type SegmentEncryption,
} from "../contract/stream.ts";
import { transportArgs, type TransportPlan } from "../ffmpeg/stream/stream-args.ts";
import {
  createTransportReader,
  TRANSPORT_CLOCK_TICKS,
  TRANSPORT_PACKET_BYTES,
  type TransportStart,
} from "../ffmpeg/stream/transport-start.ts";
import { transportFile } from "../manifest/file-names.ts";
import { keyIndex, segmentIv } from "../manifest/segment-key.ts";
import { runFfmpeg, wallLimitFor } from "./ffmpeg.ts";
import { joinRest } from "./join-rest.ts";
import { checkFailed } from "./task-failure.ts";
import type { WorkContext } from "./work-context.ts";

export type TransportSegment = {
  number: number;
  path: string;
  sizeBytes: number;
  keyframeBytes: number | null;
};

type Expected = {
  ticksPerSecond: number;
  /** Of every segment, on the stream's clock. */
  starts: readonly number[];
  spanSeconds: number | null;
};

const TRANSPORT_EXTENSION = ".ts";

const PACKETS_AT_ONCE = 512;

/**
 * Makes the segments in a directory of their own below `ctx.directory`.
 *
 * @throws TaskFailure `output_check_failed` when there are more or fewer than expected, or one begins elsewhere
 */
export async function makeTransportSegments(
  plan: TransportPlan,
  expected: Expected,
  ctx: WorkContext,
): Promise<TransportSegment[]> {
  const directory = join(ctx.directory, "transport");
  await mkdir(directory);
  await runFfmpeg(
    transportArgs(plan),
    { ...ctx, directory },
    {
      expectedSeconds: expected.spanSeconds,
      wallLimitMs: wallLimitFor(expected.spanSeconds),
      onProgress: ctx.onProgress,
    },
  );
  if (plan.picture === null) {
    const names = expected.starts.map((_, index) => transportFile(plan.firstNumber + index));
    await joinRest(directory, TRANSPORT_EXTENSION, names);
  }
  const found = (await readdir(directory)).filter((name) => name.endsWith(TRANSPORT_EXTENSION)).length;
  if (found !== expected.starts.length) {
    throw checkFailed(`${found} segments of transport stream, ${expected.starts.length} of fragments`);
  }
  const segments: TransportSegment[] = [];
  for (const [index, startTicks] of expected.starts.entries()) {
    ctx.signal.throwIfAborted();
    const number = plan.firstNumber + index;
    const path = join(directory, transportFile(number));
    const startSeconds = startTicks / expected.ticksPerSecond;
    segments.push({ number, path, ...(await measure(path, startSeconds, plan.picture !== null)) });
  }
  return segments;
}

async function measure(
  path: string,
  startSeconds: number,
  hasPicture: boolean,
): Promise<Pick<TransportSegment, "sizeBytes" | "keyframeBytes">> {
  const sizeBytes = (await stat(path).catch(() => ({ size: 0 }))).size;
  const start = sizeBytes === 0 ? null : await readStart(path, hasPicture);
  const expected = Math.round((startSeconds + TRANSPORT_OFFSET_SECONDS) * TRANSPORT_TICKS_PER_SECOND);
  const away = Math.abs((start?.ptsTicks ?? Infinity) - (expected % TRANSPORT_CLOCK_TICKS));
  // FFmpeg rounds a time and its offset each by itself.
  if (start === null || away > 1 || (hasPicture && !start.isEntry)) {
    throw checkFailed(
      `the segment at ${startSeconds} s begins at ${start?.ptsTicks} instead of ${expected}, entry ${start?.isEntry}`,
    );
  }
  return { sizeBytes, keyframeBytes: hasPicture ? (start.secondByte ?? sizeBytes) : null };
}

async function readStart(path: string, hasPicture: boolean): Promise<TransportStart | null> {
  const reader = createTransportReader(hasPicture);
  const file = await open(path, "r");
  try {
    const piece = Buffer.alloc(PACKETS_AT_ONCE * TRANSPORT_PACKET_BYTES);
    let atByte = 0;
    for (;;) {
      const { bytesRead } = await file.read(piece, 0, piece.length, atByte);
      for (let from = 0; from + TRANSPORT_PACKET_BYTES <= bytesRead; from += TRANSPORT_PACKET_BYTES) {
        if (reader.onPacket(piece.subarray(from, from + TRANSPORT_PACKET_BYTES), atByte + from)) {
          return reader.finish();
        }
      }
      if (bytesRead < piece.length) {
        return reader.finish();
      }
      atByte += bytesRead;
    }
  } finally {
    await file.close();
  }
}

/** Replaces the segment by its ciphertext: AES-128 in CBC mode with PKCS7 padding (RFC 8216 §4.3.2.4). */
export async function encryptTransportSegment(
  segment: TransportSegment,
  encryption: SegmentEncryption,
  signal: AbortSignal,
): Promise<TransportSegment> {
  const { keys, segmentsPerKey } = encryption;
  const key = Buffer.from(keys[keyIndex(segment.number, keys.length, segmentsPerKey)] ?? "", "hex");
  const cipher = createCipheriv("aes-128-cbc", key, Buffer.from(segmentIv(segment.number), "hex"));
  const path = `${segment.path}.encrypted`;
  await pipeline(createReadStream(segment.path), cipher, createWriteStream(path), { signal });
  await rm(segment.path);
  return { ...segment, path, sizeBytes: (await stat(path)).size, keyframeBytes: null };
}
