/**
 * Makes sure that what this tier looks at files with is there, besides FFmpeg: `node test/media/install-tools.ts`.
 */
import { installPackages } from "../support/install-packages.ts";

await installPackages({ mediainfo: "/usr/bin/mediainfo" });
