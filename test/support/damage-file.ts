/** Damage as it happens to files: broken bits, lost packets, a missing end, a codec that nobody knows. */
import { readFile, truncate, writeFile } from "node:fs/promises";
import { seededRandom } from "./random.ts";

const TS_PACKET_BYTES = 188;

/** Turns one bit in each of some bytes between two places, given as shares of the file. */
export async function flipBits(path: string, from: number, to: number, count: number): Promise<void> {
  const bytes = await readFile(path);
  const random = seededRandom(count);
  for (let flipped = 0; flipped < count; flipped++) {
    const at = Math.floor(bytes.length * (from + (to - from) * random.next()));
    bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << random.below(8)), at);
  }
  await writeFile(path, bytes);
}

/** Overwrites a part of the file with zeros, as a disk does that lost a sector. */
export async function blankOut(path: string, from: number, to: number): Promise<void> {
  const bytes = await readFile(path);
  bytes.fill(0, Math.floor(bytes.length * from), Math.floor(bytes.length * to));
  await writeFile(path, bytes);
}

/** Leaves packets of a transport stream out, given as shares of the file. */
export async function losePackets(path: string, from: number, to: number): Promise<void> {
  const bytes = await readFile(path);
  const edge = (share: number) => Math.floor((bytes.length / TS_PACKET_BYTES) * share) * TS_PACKET_BYTES;
  await writeFile(path, Buffer.concat([bytes.subarray(0, edge(from)), bytes.subarray(edge(to))]));
}

/** Ends the file at a share of its length. */
export async function cutOff(path: string, share: number): Promise<void> {
  await truncate(path, Math.floor((await readFile(path)).length * share));
}

/** Gives the first sample entry of an MP4 that has this code another one, and hides the codec's own description. */
export async function renameCodec(path: string, from: string, to: string): Promise<void> {
  const bytes = await readFile(path);
  const at = bytes.indexOf(from, bytes.indexOf("stsd"), "latin1");
  if (at === -1) {
    throw new Error(`no sample entry ${from} in ${path}`);
  }
  bytes.write(to, at, "latin1");
  const description = bytes.indexOf("esds", at, "latin1");
  if (description !== -1) {
    bytes.write("free", description, "latin1");
  }
  await writeFile(path, bytes);
}
