/** Moves the sound of an MP4 in front of its picture, so that who wants the sound need not read the whole file. */

type Chunk = { at: number; isSound: boolean; offset: number };

/**
 * An MP4 of one picture, one sound, in this order, with its index at the front and offsets of 32 bits; ISO 14496-12
 * §8.7.5. The chunks of the sound are copied into media data of their own, and their old places are no longer read.
 */
export function soundFirst(file: Buffer): Buffer {
  const mdatAt = file.indexOf("mdat", file.indexOf("moov")) - 4;
  const pictureAt = file.indexOf("stco");
  const soundAt = file.indexOf("stco", pictureAt + 4);
  const chunks = [...chunksOf(file, pictureAt, false), ...chunksOf(file, soundAt, true)];
  const inOrder = chunks.toSorted((one, other) => one.offset - other.offset);
  const endOf = ({ offset }: Chunk) => inOrder.find((next) => next.offset > offset)?.offset ?? file.length;
  const sounds = chunks.filter(({ isSound }) => isSound);
  const pieces = sounds.map((chunk) => file.subarray(chunk.offset, endOf(chunk)));
  const box = Buffer.concat([Buffer.from("\0\0\0\0mdat", "latin1"), ...pieces]);
  box.writeUInt32BE(box.length);
  const head = Buffer.from(file.subarray(0, mdatAt));
  let soundOffset = mdatAt + 8;
  for (const { at, isSound, offset } of chunks) {
    head.writeUInt32BE(isSound ? soundOffset : offset + box.length, at);
    soundOffset += isSound ? (pieces.shift()?.length ?? 0) : 0;
  }
  return Buffer.concat([head, box, file.subarray(mdatAt)]);
}

/** Where each chunk of a track is, and where the index says so. */
function chunksOf(file: Buffer, stcoAt: number, isSound: boolean): Chunk[] {
  return Array.from({ length: file.readUInt32BE(stcoAt + 8) }, (_, index) => {
    const at = stcoAt + 12 + 4 * index;
    return { at, isSound, offset: file.readUInt32BE(at) };
  });
}
