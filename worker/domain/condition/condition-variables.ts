/** What `{{ ... }}` stands for in a condition. @see https://docs.coconut.co/references/variables */
import type { Ffprobe, MediaInfo } from "../../../encoder/contract/media-info.ts";
import type { ConditionValue } from "./condition-values.ts";
import type { Json } from "../json.ts";

const METADATA_PREFIX = "input.metadata.";

/** Every documented variable but those below `input.metadata`. */
export const VARIABLE_NAMES = [
  ...(["input.mime_type", "input.format", "input.file_size", "input.duration"] as const),
  ...(["input.is_audio_only", "input.is_hd", "input.width", "input.height", "input.rotation"] as const),
  ...(["input.fps", "input.ifps", "input.video_codec", "input.video_bitrate"] as const),
  ...(["input.audio_codec", "input.audio_bitrate", "input.channels", "input.sample_rate"] as const),
] as const;
type VariableName = (typeof VARIABLE_NAMES)[number];

/** True for a variable that some source has a value for. */
export function isVariableName(name: string): boolean {
  return (
    VARIABLE_NAMES.some((known) => known === name) ||
    (name.startsWith(METADATA_PREFIX) && name.length > METADATA_PREFIX.length)
  );
}

/**
 * A lookup of every documented variable. Width and height are the coded ones, before rotation, as Coconut's
 * portrait sample expects; bitrates are in kbit/s, the duration in whole seconds. What the source does not have
 * is null, but `input.channels` is 0 without sound.
 */
export function conditionVariables(media: MediaInfo, ffprobe: Ffprobe): (name: string) => ConditionValue {
  const values = new Map<string, ConditionValue>(Object.entries(namedValues(media)));
  return (name) =>
    name.startsWith(METADATA_PREFIX)
      ? metadataValue(media, ffprobe, name.slice(METADATA_PREFIX.length).split("."))
      : (values.get(name) ?? null);
}

function namedValues(media: MediaInfo): Record<VariableName, ConditionValue> {
  const { video, audio } = media;
  const frameRate = video?.frameRate ?? null;
  const frameRateFps = frameRate === null ? null : frameRate.num / frameRate.den;
  return {
    "input.mime_type": media.mimeType,
    "input.format": media.formatName,
    "input.file_size": media.sizeBytes,
    "input.duration": media.durationSeconds === null ? null : Math.floor(media.durationSeconds),
    "input.is_audio_only": video === null,
    "input.video_codec": video?.codec ?? null,
    "input.width": video?.widthPx ?? null,
    "input.height": video?.heightPx ?? null,
    "input.rotation": video?.rotationDegrees ?? null,
    "input.fps": frameRateFps,
    "input.ifps": frameRateFps === null ? null : Math.round(frameRateFps),
    "input.video_bitrate": kilobits(videoBitrateBps(media)),
    "input.is_hd": video !== null && isHd(video.widthPx, video.heightPx),
    "input.audio_codec": audio?.codec ?? null,
    "input.audio_bitrate": kilobits(audio?.bitrateBps ?? null),
    "input.channels": audio?.channels ?? 0,
    "input.sample_rate": audio?.sampleRateHz ?? null,
  };
}

/** 720p in either orientation; wide films have fewer lines, 4:3 has fewer columns. */
function isHd(widthPx: number, heightPx: number): boolean {
  return Math.max(widthPx, heightPx) >= 1280 || Math.min(widthPx, heightPx) >= 720;
}

/** Matroska and WebM give no bitrate per stream: then it is what the file has beside its sound. */
function videoBitrateBps(media: MediaInfo): number | null {
  if (media.video === null || media.video.bitrateBps !== null || media.bitrateBps === null) {
    return media.video?.bitrateBps ?? null;
  }
  return Math.max(0, media.bitrateBps - (media.audio?.bitrateBps ?? 0));
}

const kilobits = (bitrateBps: number | null): number | null =>
  bitrateBps === null ? null : Math.round(bitrateBps / 1000);

/** `streams.N.field`, with `video` and `audio` for the number of the stream that Copra uses. */
function metadataValue(media: MediaInfo, ffprobe: Ffprobe, path: string[]): ConditionValue {
  const [root, stream, ...rest] = path;
  const indexOf = { video: media.video?.streamIndex, audio: media.audio?.streamIndex };
  if (root === "streams" && (stream === "video" || stream === "audio")) {
    const index = indexOf[stream];
    return index === undefined ? null : treeValue(ffprobe, ["streams", String(index), ...rest]);
  }
  return treeValue(ffprobe, path);
}

/** Names in ffprobe's tree may hold dots themselves, such as the tag `com.apple.quicktime.make`. */
function treeValue(tree: Json, path: string[]): ConditionValue {
  if (path.length === 0) {
    return tree === null || typeof tree === "object" ? null : tree;
  }
  if (tree === null || typeof tree !== "object") {
    return null;
  }
  for (let taken = 1; taken <= path.length; taken++) {
    const name = path.slice(0, taken).join(".");
    // SAFETY: lists are read by their index as well; `hasOwn` keeps inherited names out.
    const child = Object.hasOwn(tree, name) ? (tree as Record<string, Json>)[name] : undefined;
    const value = child === undefined ? null : treeValue(child, path.slice(taken));
    if (value !== null) {
      return value;
    }
  }
  return null;
}
