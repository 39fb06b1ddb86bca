/** One sound in fragments of any length -> its segments, and the pieces that pictures of stretches are muxed with. */
import { open, type FileHandle } from "node:fs/promises";
import { SEGMENT_SECONDS } from "../contract/stream.ts";
import { retimeSamples } from "../ffmpeg/stream/fragment-timeline.ts";
import type { Sample } from "../ffmpeg/stream/read-fragment.ts";
import { writeFully } from "../write-fully.ts";
import { type FragmentFile, readRange } from "./fragment-file.ts";
import { checkFailed } from "./task-failure.ts";
import { beginSegments, type CutSegment } from "./write-segments.ts";

/** A shorter rest belongs to the segment before it: players that look segments up by time never find it. */
const MIN_SEGMENT_SECONDS = 0.5;

type Packet = Sample & { data: Uint8Array };

/**
 * Writes every packet at or after `offsetSeconds` of the file, which is zero on the stream's clock, once to `path`, a
 * fragment per segment: cut at the first packet at or after each multiple of `SEGMENT_SECONDS`. What comes before zero only
 * primes the decoder.
 *
 * @throws TaskFailure `output_check_failed` when the sound does not begin at zero, has a gap, or is none
 */
export async function writeSoundSegments(
  source: FragmentFile,
  { offsetSeconds, path }: { offsetSeconds: number; path: string },
): Promise<CutSegment[]> {
  const packets = readPackets(source, offsetSeconds * source.init.ticksPerSecond);
  const segments = await writePackets(source, path, packets);
  if (segments[0]?.startTicks !== 0) {
    throw checkFailed(`the sound begins at ${segments[0]?.startTicks} ticks`);
  }
  return segments;
}

/**
 * Writes the packets of a file of `writeSoundSegments` to one piece after the other: those that begin before a border
 * to the piece before it. `paths` are one more than borders. A piece behind the end of the sound has no packets.
 */
export async function writeSoundPieces(
  source: FragmentFile,
  { borderSeconds, paths }: { borderSeconds: readonly number[]; paths: readonly string[] },
): Promise<void> {
  const packets = readPackets(source, 0);
  let next = await packets.next();
  async function* before(endTicks: number): AsyncGenerator<Packet> {
    for (; !next.done && next.value.ptsTicks < endTicks; next = await packets.next()) {
      yield next.value;
    }
  }
  for (const [index, path] of paths.entries()) {
    const endSeconds = borderSeconds[index] ?? Infinity;
    await writePackets(source, path, before(endSeconds * source.init.ticksPerSecond));
  }
}

/** Moved to the stream's clock, without those that begin before it. */
async function* readPackets(source: FragmentFile, offsetTicks: number): AsyncGenerator<Packet, void> {
  let expectedTicks: number | null = null;
  for await (const { samples, dataByte, dataBytes } of source.fragments()) {
    const data = await readRange(source.file, dataByte, dataByte + dataBytes);
    let at = 0;
    for (const sample of samples) {
      const ptsTicks = sample.ptsTicks - offsetTicks;
      const packet = { ...sample, ptsTicks, data: data.subarray(at, at + sample.sizeBytes) };
      at += sample.sizeBytes;
      if (ptsTicks !== (expectedTicks ?? ptsTicks)) {
        throw checkFailed(`the sound has a gap before ${ptsTicks} ticks`);
      }
      expectedTicks = ptsTicks + sample.durationTicks;
      if (ptsTicks >= 0) {
        yield packet;
      }
    }
  }
}

/** A fragmented MP4 of these packets, described as the source is. */
async function writePackets(
  { file, init, initBytes }: FragmentFile,
  path: string,
  packets: AsyncIterable<Packet>,
): Promise<CutSegment[]> {
  const target = await open(path, "w");
  try {
    const writer = await beginSegments(target, await readRange(file, 0, initBytes), 0);
    const segments: CutSegment[] = [];
    for await (const group of joinShortRest(groupBySegment(packets, init), init)) {
      const last = group.at(-1) ?? group[0];
      const samples = retimeSamples(group, last.ptsTicks + last.durationTicks);
      const data = Buffer.concat(group.map((packet) => packet.data));
      const write = (to: FileHandle, atByte: number): Promise<void> => writeFully(to, data, atByte);
      segments.push(await writer.add({ startTicks: group[0].ptsTicks, samples }, write));
    }
    return segments;
  } finally {
    await target.close();
  }
}

/** Packets of one segment, in rising order. */
type Group = [Packet, ...Packet[]];

async function* groupBySegment(
  packets: AsyncIterable<Packet>,
  { ticksPerSecond }: FragmentFile["init"],
): AsyncGenerator<Group> {
  const place = ({ ptsTicks }: Packet): number => Math.floor(ptsTicks / (SEGMENT_SECONDS * ticksPerSecond));
  let group: Group | null = null;
  for await (const packet of packets) {
    if (group !== null && place(packet) === place(group[0])) {
      group.push(packet);
    } else {
      if (group !== null) {
        yield group;
      }
      group = [packet];
    }
  }
  if (group !== null) {
    yield group;
  }
}

/** Holds each group back until it is known that the one after it can stand alone. */
async function* joinShortRest(
  groups: AsyncIterable<Group>,
  { ticksPerSecond }: FragmentFile["init"],
): AsyncGenerator<Group> {
  let held: Group | null = null;
  for await (const group of groups) {
    const spanTicks = (group.at(-1) ?? group[0]).ptsTicks - group[0].ptsTicks;
    if (held !== null && spanTicks < MIN_SEGMENT_SECONDS * ticksPerSecond) {
      held.push(...group);
    } else {
      if (held !== null) {
        yield held;
      }
      held = group;
    }
  }
  if (held !== null) {
    yield held;
  }
}
