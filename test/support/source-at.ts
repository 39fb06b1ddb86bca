/** A local file as the source that FFmpeg work is given. */
import { stat } from "node:fs/promises";
import type { MediaSource } from "../../encoder/run/probe-source.ts";

export async function sourceAt(path: string): Promise<MediaSource> {
  const { size } = await stat(path);
  return { url: `file:${path}`, sizeBytes: size };
}
