/** The surroundings of FFmpeg work in tests: real tools, a fresh directory, recorded progress. */
import { mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import { locateFfmpeg } from "../../encoder/run/locate-ffmpeg.ts";
import type { OpenWatermarks } from "../../encoder/run/open-watermarks.ts";
import type { WorkContext } from "../../encoder/run/work-context.ts";

const tools = await locateFfmpeg();

/** For work on pictures without any. */
export const NO_WATERMARKS: OpenWatermarks = { urls: new Map(), release: () => undefined };

/** A context with a new empty directory under `parent`, and the fractions that were reported. */
export async function aWorkContext(
  parent: string,
  overrides: Partial<WorkContext> = {},
): Promise<WorkContext & { fractions: number[] }> {
  const fractions: number[] = [];
  return {
    tools,
    directory: await mkdtemp(join(parent, "work-")),
    signal: new AbortController().signal,
    onProgress: (fraction) => fractions.push(fraction),
    fractions,
    ...overrides,
  };
}
