/** The video that the demo encodes: made here, a file of the person's, or a URL. */
import { accessSync, constants, statSync } from "node:fs";
import { basename, join } from "node:path";
import { CliError } from "../cli-error.ts";
import { localFfmpeg } from "../local-ffmpeg.ts";
import { formatBytes } from "./format-quantity.ts";
import { makeTestVideo, TEST_VIDEO } from "./test-video.ts";

export type DemoSource = {
  /** The file to serve; null for a URL. */
  path: string | null;
  /** The URL as given; null for a file. */
  url: string | null;
  /** For the head of the demo. */
  description: string;
};

/**
 * Prepares the source. `wanted` is an absolute path, a URL, or null for the test video, which is made in `directory`.
 *
 * @throws CliError when the file cannot be read.
 */
export async function demoSource(wanted: string | null, directory: string): Promise<DemoSource> {
  if (wanted === null) {
    const path = join(directory, "test-video.mp4");
    await makeTestVideo(path, await localFfmpeg());
    const { widthPx, heightPx, durationSeconds } = TEST_VIDEO;
    const size = formatBytes(statSync(path).size);
    return {
      path,
      url: null,
      description: `a test video, ${widthPx}×${heightPx}, ${durationSeconds} s, ${size}`,
    };
  }
  if (/^https?:\/\//i.test(wanted)) {
    return { path: null, url: wanted, description: withoutSecrets(wanted) };
  }
  return {
    path: wanted,
    url: null,
    description: `${basename(wanted)}, ${formatBytes(readableSize(wanted))}`,
  };
}

function readableSize(path: string): number {
  try {
    accessSync(path, constants.R_OK);
    const stats = statSync(path);
    if (stats.isFile()) {
      return stats.size;
    }
  } catch (error) {
    throw new CliError(`${path} cannot be read: give a video file, or an http or https URL.`, {
      cause: error,
    });
  }
  throw new CliError(`${path} is not a file: give a video file, or an http or https URL.`);
}

/** A signed URL's query opens the file to whoever reads the screen. */
function withoutSecrets(url: string): string {
  const shown = URL.canParse(url) ? new URL(url) : null;
  return shown === null ? url : `${shown.origin}${shown.pathname}`;
}
