/** A hosted or stored file on disk, for FFmpeg to decode. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";

/** @throws Error unless the answer is 200. */
export async function downloadFile(
  url: string | undefined,
  directory: string,
  name: string,
): Promise<string> {
  if (url === undefined) {
    throw new Error(`${name} has no URL`);
  }
  const response = await fetch(url);
  if (response.status !== 200) {
    throw new Error(`${url} answered ${response.status}`);
  }
  const path = join(directory, name);
  await writeFile(path, Buffer.from(await response.arrayBuffer()));
  return path;
}
