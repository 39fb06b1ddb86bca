/** Width and height of a JPEG from its first bytes. @see ITU-T T.81, B.1.1.3 and B.2.2 */

/** Null when the bytes are no JPEG or end before its frame header. */
export function jpegSize(bytes: Uint8Array): { widthPx: number; heightPx: number } | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.byteLength < 4 || view.getUint16(0) !== 0xffd8) {
    return null;
  }
  // Segments: marker, length (of itself and its content), content.
  for (let offset = 2; offset + 9 <= view.byteLength; offset += 2 + view.getUint16(offset + 2)) {
    const marker = view.getUint16(offset);
    // SOF0..SOF15, but DHT, JPG and DAC, which share the range.
    const isFrame = marker >= 0xffc0 && marker <= 0xffcf && ![0xffc4, 0xffc8, 0xffcc].includes(marker);
    if (isFrame) {
      return { heightPx: view.getUint16(offset + 5), widthPx: view.getUint16(offset + 7) };
    }
  }
  return null;
}
