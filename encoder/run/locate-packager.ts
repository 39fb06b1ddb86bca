/** Shaka Packager's program, which its npm package carries for each platform. */
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const PLATFORMS: Partial<Record<NodeJS.Platform, string>> = { linux: "linux", darwin: "osx" };

/** Absolute path of the program. */
export function locatePackager(): string {
  const directory = dirname(createRequire(import.meta.url).resolve("shaka-packager/package.json"));
  return join(directory, "bin", `packager-${PLATFORMS[process.platform]}-${process.arch}`);
}
