/**
 * ffprobe's output -> the facts that plans and conditions are decided on. A file may hold any numbers it likes, so
 * every one is checked: what cannot be true becomes null, and nothing becomes NaN.
 */
import { z } from "zod";
import type { Ffprobe, MediaInfo, VideoInfo } from "../../contract/media-info.ts";
import { chooseAudio, chooseVideo } from "./choose-track.ts";
import { isStillFormat } from "../input-guards.ts";
import { deriveMimeType } from "./mime-type.ts";
import {
  parseJson,
  parseProbeTree,
  readCount,
  readNumber,
  readObject,
  readObjects,
  readText,
} from "./probe-tree.ts";
import { readAudioTracks, readSubtitleTracks } from "./read-tracks.ts";

/** What one run of ffprobe tells of a file. */
export type ProbedMedia = { mediaInfo: MediaInfo; ffprobe: Ffprobe };

/**
 * Reads ffprobe's stdout. Null when it shows no stream that can be encoded. Which streams become `video` and `audio` is
 * decided in choose-track.ts.
 */
export function parseProbe(stdout: string, sizeBytes: number): ProbedMedia | null {
  const ffprobe = parseProbeTree(stdout);
  return ffprobe && readMedia(ffprobe, sizeBytes);
}

/** True for a still picture, of which `probeStillArgs` tells more. */
export function isStill({ mediaInfo }: ProbedMedia): boolean {
  return isStillFormat(mediaInfo.formatName);
}

/** A still picture with what `probeStillArgs` printed of its frame: the turn that its Exif data asks for. */
export function withFrameOf(still: ProbedMedia, stdout: string): ProbedMedia {
  const printed = framesSchema.safeParse(parseJson(stdout));
  const sideData = printed.success ? readObjects(printed.data.frames[0] ?? {}, "side_data_list") : [];
  const turn = sideData.filter((data) => readNumber(data, "rotation") !== null);
  const [stream, ...others] = still.ffprobe.streams;
  if (turn.length === 0 || stream === undefined) {
    return still;
  }
  const turned = { ...stream, side_data_list: [...readObjects(stream, "side_data_list"), ...turn] };
  const ffprobe = { ...still.ffprobe, streams: [turned, ...others] };
  return readMedia(ffprobe, still.mediaInfo.sizeBytes) ?? still;
}

const framesSchema = z.object({ frames: z.array(z.record(z.string(), z.json())).max(16) });

function readMedia(ffprobe: Ffprobe, sizeBytes: number): ProbedMedia | null {
  const video = chooseVideo(ffprobe.streams);
  const audio = chooseAudio(ffprobe.streams);
  if (video === null && audio === null) {
    return null;
  }
  const { format } = ffprobe;
  const formatName = readText(format, "format_name") ?? "";
  const mimeType = deriveMimeType({
    formatName,
    majorBrand: readText(readObject(format, "tags"), "major_brand"),
    videoCodec: video?.codec ?? null,
    audioCodec: audio?.codec ?? null,
  });
  const mediaInfo: MediaInfo = {
    formatName,
    mimeType,
    sizeBytes,
    durationSeconds: readDuration(ffprobe) ?? stillSeconds(formatName, video),
    bitrateBps: readCount(format, "bit_rate"),
    video,
    audio,
    audioTracks: readAudioTracks(ffprobe.streams),
    subtitleTracks: readSubtitleTracks(ffprobe.streams),
  };
  return { mediaInfo, ffprobe };
}

/** Duration of the container, else of its longest stream; null when the file has none. */
function readDuration(ffprobe: Ffprobe): number | null {
  const declared = readNumber(ffprobe.format, "duration");
  if (declared !== null && declared > 0) {
    return declared;
  }
  const longest = Math.max(0, ...ffprobe.streams.map((stream) => readNumber(stream, "duration") ?? 0));
  return longest > 0 ? longest : null;
}

/** A still picture is a video of one frame. */
function stillSeconds(formatName: string, video: VideoInfo | null): number | null {
  const rate = video?.frameRate ?? null;
  return isStillFormat(formatName) && rate ? rate.den / rate.num : null;
}
