/** The linter for one package on the disk. */
import { readFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";
import { directorySource, type Finding, type StreamSource } from "./finding.ts";
import { errorsOf, lintStream } from "./lint-stream.ts";

/** A manifest's own files from the disk, and keys that lie elsewhere over HTTP. */
export function packageSource(): StreamSource {
  const files = directorySource((path) => readFile(path));
  return {
    get: async (url) => {
      if (!url.startsWith("http")) {
        return files.get(url);
      }
      const response = await fetch(url);
      return response.status === 200 ? Buffer.from(await response.arrayBuffer()) : null;
    },
  };
}

/** Every rule that the package breaks; recommendations are not among them. */
export async function lintPackage(
  manifestPath: string,
  options: { isOpen?: boolean } = {},
): Promise<Finding[]> {
  const url = pathToFileURL(manifestPath).href;
  const address = url.endsWith(".mpd") ? { dash: url } : { hls: url };
  return errorsOf(await lintStream(address, packageSource(), options));
}
