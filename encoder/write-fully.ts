/** Positional writes for files that arrive over the network. */
import type { FileHandle } from "node:fs/promises";

/** Writes the whole chunk at `position`; FileHandle.write alone may write less than it was given. */
export async function writeFully(file: FileHandle, chunk: Uint8Array, position: number): Promise<void> {
  for (let written = 0; written < chunk.length;) {
    const { bytesWritten } = await file.write(chunk, written, chunk.length - written, position + written);
    written += bytesWritten;
  }
}
