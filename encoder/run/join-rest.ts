/** Muxers know how long a segment should be, and make one more of a rest that belongs to the segment before it. */
import { appendFile, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";

/**
 * Appends the one file of `directory` that ends with `extension` and is not among `names`, in the order of their
 * segments, to the last of these. When more is amiss, all stays as it is.
 */
export async function joinRest(
  directory: string,
  extension: string,
  names: readonly string[],
): Promise<void> {
  const found = (await readdir(directory)).filter((name) => name.endsWith(extension));
  const [rest, ...others] = found.filter((name) => !names.includes(name));
  const last = names.at(-1);
  if (rest === undefined || others.length > 0 || last === undefined || !found.includes(last)) {
    return;
  }
  await appendFile(join(directory, last), await readFile(join(directory, rest)));
  await rm(join(directory, rest));
}
