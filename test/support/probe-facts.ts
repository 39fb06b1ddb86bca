/** What ffprobe says of a finished file in the terms of a test, and what a full decode complains of. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { locateFfmpeg } from "../../encoder/run/locate-ffmpeg.ts";

const execute = promisify(execFile);
const tools = await locateFfmpeg();

type Stream = {
  codec_type: string;
  codec_name: string;
  profile?: string;
  width?: number;
  height?: number;
  pix_fmt?: string;
  r_frame_rate?: string;
  channels?: number;
  sample_rate?: string;
};

export type ProbeFacts = {
  video: {
    codec: string;
    profile: string;
    width: number;
    height: number;
    pixelFormat: string;
    fps: string;
  } | null;
  audio: { codec: string; channels: number; sampleRateHz: number } | null;
  seconds: number;
};

/** Of the first stream of each kind. */
export async function probeFacts(path: string): Promise<ProbeFacts> {
  const args = ["-v", "error", "-show_streams", "-show_format", "-of", "json", `file:${path}`];
  const { stdout } = await execute(tools.ffprobePath, args);
  // SAFETY: ffprobe's own JSON.
  const { streams, format } = JSON.parse(stdout) as { streams: Stream[]; format: { duration?: string } };
  const video = streams.find(({ codec_type }) => codec_type === "video");
  const audio = streams.find(({ codec_type }) => codec_type === "audio");
  return {
    video: video
      ? {
          codec: video.codec_name,
          profile: video.profile ?? "",
          width: video.width ?? 0,
          height: video.height ?? 0,
          pixelFormat: video.pix_fmt ?? "",
          fps: video.r_frame_rate ?? "",
        }
      : null,
    audio: audio
      ? { codec: audio.codec_name, channels: audio.channels ?? 0, sampleRateHz: Number(audio.sample_rate) }
      : null,
    seconds: Number(format.duration ?? 0),
  };
}

/** What FFmpeg has to complain of while it decodes all of the file. */
export async function decodeErrors(path: string): Promise<string[]> {
  const { stderr } = await execute(tools.ffmpegPath, [
    "-nostdin",
    "-v",
    "repeat+error",
    "-i",
    `file:${path}`,
    "-f",
    "null",
    "-",
  ]);
  // Where a container counts in milliseconds, decoded frames of sound may share one; that troubles the null muxer alone.
  return stderr.split("\n").filter((line) => line !== "" && !line.startsWith("[null @"));
}
