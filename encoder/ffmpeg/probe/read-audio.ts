/** One audio stream of ffprobe's tree -> its facts, and what both kinds of streams have. */
import type { AudioInfo, Ffprobe } from "../../contract/media-info.ts";
import { readCount, readObject, readText } from "./probe-tree.ts";

type Stream = Ffprobe["streams"][number];

/** Null for a stream that is no sound, or one of an unknown codec. */
export function readAudio(stream: Stream): AudioInfo | null {
  const streamIndex = readCount(stream, "index");
  const codec = readCodec(stream, "audio");
  const channels = readCount(stream, "channels") ?? 0;
  const sampleRateHz = readCount(stream, "sample_rate") ?? 0;
  if (streamIndex === null || codec === null || channels === 0 || sampleRateHz === 0) {
    return null;
  }
  const channelLayout = readLayout(stream);
  return { streamIndex, codec, channels, channelLayout, sampleRateHz, bitrateBps: readBitrate(stream) };
}

/** FFmpeg writes a layout that it does not know as `6 channels` or `unknown`. */
function readLayout(stream: Stream): string | null {
  const layout = readText(stream, "channel_layout");
  return layout === null || layout === "unknown" || / channels/.test(layout) ? null : layout;
}

/** The codec of a stream of that type; null when FFmpeg does not know it, as with `apac` sound of a phone. */
export function readCodec(stream: Stream, type: "video" | "audio" | "subtitle"): string | null {
  const codec = readText(stream, "codec_name");
  return readText(stream, "codec_type") === type && codec !== "unknown" && codec !== "none" ? codec : null;
}

export function readBitrate(stream: Stream): number | null {
  return readCount(stream, "bit_rate") ?? readCount(readObject(stream, "tags"), "BPS");
}
