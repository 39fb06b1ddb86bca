/** A source of any kind, encoded as the plan would: its picture at 64x64 and its sound, whichever of them it has. */
import type { MediaInfo, Rational } from "../../encoder/contract/media-info.ts";
import type { RenditionSpec } from "../../encoder/contract/output-spec.ts";
import type { Warning } from "../../encoder/contract/warning-catalogue.ts";
import { encodeRendition } from "../../encoder/run/encode-rendition.ts";
import { probeSource } from "../../encoder/run/probe-source.ts";
import { aFrame, anAudioSpec, aPictureSpec, aRenditionSpec, aVideoSpec } from "./output-specs.ts";
import { sourceAt } from "./source-at.ts";
import { aWorkContext, NO_WATERMARKS } from "./work-context.ts";

export type EncodedSource = { path: string; media: MediaInfo; warnings: Warning[]; elapsedMs: number };

/** @throws TaskFailure as probing and encoding do */
export async function encodeSource(
  directory: string,
  sourcePath: string,
  overrides: Partial<RenditionSpec> = {},
  frameRate: Rational | null = null,
): Promise<EncodedSource> {
  const ctx = await aWorkContext(directory);
  const startedAt = performance.now();
  const source = await sourceAt(sourcePath);
  const { mediaInfo: media } = await probeSource(source, ctx);
  const picture = aPictureSpec({ frame: aFrame(64, 64) });
  const rendition = aRenditionSpec({
    video: media.video && aVideoSpec({ sourceStreamIndex: media.video.streamIndex, picture, frameRate }),
    audio:
      media.audio &&
      anAudioSpec({ sourceStreamIndex: media.audio.streamIndex, sourceChannels: media.audio.channels }),
    ...overrides,
  });
  const { path, warnings } = await encodeRendition(
    { source, rendition, threads: 1, watermarks: NO_WATERMARKS },
    ctx,
  );
  return { path, media, warnings, elapsedMs: performance.now() - startedAt };
}
