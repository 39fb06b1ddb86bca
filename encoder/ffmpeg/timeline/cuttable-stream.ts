/** Which pictures can be cut at all: containers and codecs whose packet list was found to match what is decoded. */
import type { Rational } from "../../contract/media-info.ts";
import type { ProbedMedia } from "../probe/parse-probe.ts";
import { readNumber, readText } from "../probe/probe-tree.ts";

export type CuttableStream = {
  /** ffprobe's number of the stream. */
  streamIndex: number;
  /** The container's own number of it: an MP4's track. */
  trackId: number | null;
  codec: string;
  timeBase: Rational;
  /** Time of the first picture, in units of the time base. */
  startPts: number;
  container: string;
  /** Start of the earliest stream of the file. */
  containerStartSeconds: number;
  /** As the container says; null when it does not. */
  durationSeconds: number | null;
};

/** Demuxers by ffmpeg's names, and the codecs whose packets in there are not their frames. */
const CUTTABLE_CONTAINERS: Readonly<Record<string, readonly string[]>> = {
  // The hidden frames of VP8 are packets of their own.
  mov: ["vp8"],
  matroska: ["vp8"],
  // AVI has no times: FFmpeg guesses those of reordered frames, and differently for packets and frames.
  avi: ["h264", "hevc", "vc1", "vp8"],
  flv: [],
  mpegts: [],
  mpeg: [],
};

/** What the index of the picture needs; null when the source has no picture or is none that can be cut. */
export function findCuttableStream({ mediaInfo, ffprobe }: ProbedMedia): CuttableStream | null {
  const { video, formatName } = mediaInfo;
  const names = formatName.split(",");
  const container = Object.keys(CUTTABLE_CONTAINERS).find((name) => names.includes(name));
  const stream = ffprobe.streams.find((candidate) => readNumber(candidate, "index") === video?.streamIndex);
  if (video === null || container === undefined || stream === undefined) {
    return null;
  }
  const timeBase = parseTimeBase(readText(stream, "time_base"));
  const startPts = readNumber(stream, "start_pts");
  const containerStartSeconds = readNumber(ffprobe.format, "start_time");
  if (timeBase === null || startPts === null || containerStartSeconds === null) {
    return null;
  }
  if (CUTTABLE_CONTAINERS[container]?.includes(video.codec) === true) {
    return null;
  }
  return {
    streamIndex: video.streamIndex,
    trackId: parseTrackId(readText(stream, "id")),
    codec: video.codec,
    timeBase,
    startPts,
    container,
    containerStartSeconds,
    durationSeconds: mediaInfo.durationSeconds,
  };
}

function parseTimeBase(text: string | null): Rational | null {
  const parts = /^(\d{1,10})\/(\d{1,10})$/.exec(text ?? "");
  const [num, den] = [Number(parts?.[1]), Number(parts?.[2])];
  return num > 0 && den > 0 ? { num, den } : null;
}

/** ffprobe prints `0x1`. */
function parseTrackId(text: string | null): number | null {
  return text !== null && /^0x[0-9a-f]{1,8}$/.test(text) ? Number(text) : null;
}
