/** What packaging needs to know of a finished MP4, from `probeRenditionArgs`. */
import { z } from "zod";
import type { Rational } from "../../contract/media-info.ts";
import { AAC_LC_CODEC, h264CodecString } from "./codec-string.ts";
import { parseProbe } from "../probe/parse-probe.ts";
import { parseJson } from "../probe/probe-tree.ts";

export type PackagedRendition = {
  path: string;
  durationSeconds: number | null;
  video: { widthPx: number; heightPx: number; frameRate: Rational | null } | null;
  hasAudio: boolean;
  /** In the order video, audio. */
  codecs: string[];
  /** Below zero by the delay of B frames or the priming of AAC. */
  earliestDtsSeconds: number;
};

const printedSchema = z.object({
  packets: z.array(z.object({ dts_time: z.string().optional() })),
  streams: z.array(z.object({ index: z.int(), extradata: z.string().optional() })),
});

/** Null when the file is not an H.264 and AAC one. */
export function parseRendition(
  stdout: string,
  file: { path: string; sizeBytes: number },
): PackagedRendition | null {
  const printed = printedSchema.safeParse(parseJson(stdout));
  const probed = parseProbe(stdout, file.sizeBytes);
  if (!printed.success || probed === null) {
    return null;
  }
  const { video, audio, durationSeconds } = probed.mediaInfo;
  const { streams, packets } = printed.data;
  const extradata = streams.find(({ index }) => index === video?.streamIndex)?.extradata ?? "";
  const videoCodec = video ? h264CodecString(extradata) : null;
  if ((video && videoCodec === null) || (audio && audio.codec !== "aac")) {
    return null;
  }
  const times = packets.map((packet) => Number(packet.dts_time)).filter(Number.isFinite);
  return {
    path: file.path,
    durationSeconds,
    video: video && {
      widthPx: video.displayWidthPx,
      heightPx: video.displayHeightPx,
      frameRate: video.frameRate,
    },
    hasAudio: audio !== null,
    codecs: [...(videoCodec === null ? [] : [videoCodec]), ...(audio ? [AAC_LC_CODEC] : [])],
    earliestDtsSeconds: Math.min(0, ...times),
  };
}
