/** Blows an MP4 up to any size without a larger file: its chunks are moved apart, with nothing in between. */

type Piece = { from: number; to: number; length: number };

export type PaddedMp4 = { sizeBytes: number; bytesAt: (startByte: number, endByte: number) => Buffer };

/**
 * Moves every chunk of an MP4 (one track, index at the front, offsets of 32 bits) `gapBytes` further than the one
 * before it; ISO 14496-12 §8.7.5.
 */
export function padMp4(file: Buffer, gapBytes: number): PaddedMp4 {
  const stcoAt = file.indexOf("stco");
  const mdatAt = file.indexOf("mdat", stcoAt) - 4;
  const chunkCount = file.readUInt32BE(stcoAt + 8);
  const offsets = Array.from({ length: chunkCount }, (_, index) =>
    file.readUInt32BE(stcoAt + 12 + 4 * index),
  );
  const header = Buffer.from(file.subarray(0, mdatAt + 8));
  const chunks = offsets.map((from, index): Piece => {
    const to = from + (index + 1) * gapBytes;
    header.writeUInt32BE(to, stcoAt + 12 + 4 * index);
    return { from, to, length: (offsets[index + 1] ?? file.length) - from };
  });
  const last = chunks.at(-1) ?? { to: 0, length: 0 };
  const sizeBytes = last.to + last.length;
  header.writeUInt32BE(sizeBytes - mdatAt, mdatAt);
  const pieces: Piece[] = [{ from: 0, to: 0, length: header.length }, ...chunks];
  return {
    sizeBytes,
    bytesAt(startByte, endByte) {
      const bytes = Buffer.alloc(endByte - startByte);
      for (const [index, { from, to, length }] of pieces.entries()) {
        const first = Math.max(startByte, to);
        const end = Math.min(endByte, to + length);
        if (first < end) {
          (index === 0 ? header : file).copy(bytes, first - startByte, from + first - to, from + end - to);
        }
      }
      return bytes;
    },
  };
}
