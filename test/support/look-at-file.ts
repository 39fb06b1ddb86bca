/** What a finished file shows, sounds like and says of itself, as ffprobe and a decode have it. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { locateFfmpeg } from "../../encoder/run/locate-ffmpeg.ts";

const execute = promisify(execFile);
const { ffmpegPath, ffprobePath } = await locateFfmpeg();

export type FileLook = {
  /** All planes as 8 bit 4:2:0, in display order. */
  frames: Buffer[];
  /** Times of the frames in seconds; the first one is zero. */
  times: number[];
  /** Codec, size, shape of pixels, format and colours. */
  picture: Record<string, unknown>;
  /** Display matrices and rotation tags. */
  rotation: unknown[];
  /** Seconds; `start` against the first picture, `largestGap` between what ends and what follows. */
  sound: { start: number; length: number; largestGap: number } | null;
  seconds: number;
  tags: { title: string | undefined; languages: string[] };
  /** What the decoder complained about. */
  complaints: string;
};

const PICTURE_ENTRIES = [
  ...(["codec_name", "codec_tag_string", "profile", "width", "height", "pix_fmt"] as const),
  ...(["sample_aspect_ratio", "field_order"] as const),
  ...(["color_range", "color_space", "color_transfer", "color_primaries"] as const),
] as const;

type Tags = Record<string, string | undefined>;
type Frame = { media_type: string; pts_time: string; nb_samples?: number };
type Stream = {
  codec_type?: string;
  sample_rate?: string;
  side_data_list?: unknown[];
  tags?: Tags;
} & { [Entry in (typeof PICTURE_ENTRIES)[number]]?: unknown };
type Described = { streams: Stream[]; frames: Frame[]; format: { duration?: string; tags?: Tags } };

export async function lookAtFile(path: string): Promise<FileLook> {
  const { streams, format, frames: decoded } = await describeFile(path);
  const { side_data_list: sideData = [], ...video } = streams.find((one) => one.codec_type === "video") ?? {};
  const times = decoded.filter((one) => one.media_type === "video").map((one) => Number(one.pts_time));
  const zero = times[0] ?? Number.NaN;
  const rate = Number(streams.find((one) => one.codec_type === "audio")?.sample_rate);
  const sound = decoded.filter((one) => one.media_type === "audio");
  return {
    ...(await decode(path, (Number(video.width) * Number(video.height) * 3) / 2)),
    times: times.map((time) => time - zero),
    picture: Object.fromEntries(PICTURE_ENTRIES.map((entry) => [entry, video[entry]])),
    rotation: [...sideData, ...Object.keys(readable(video.tags)).filter((name) => name === "rotate")],
    sound: sound.length > 0 ? listen(sound, rate, zero) : null,
    seconds: Number(format.duration),
    tags: {
      title: readable(format.tags)["title"],
      languages: streams.map(({ tags }) => readable(tags)["language"] ?? "und"),
    },
  };
}

/** What encoders put before the sound is left out. */
function listen(frames: readonly Frame[], rate: number, zero: number): FileLook["sound"] {
  const pieces = frames.map(({ pts_time: time, nb_samples: count = 0 }) => ({
    start: Number(time) - zero,
    length: count / rate,
  }));
  const gaps = pieces.slice(1).map(({ start }, index) => {
    const before = pieces[index] ?? { start: Number.NaN, length: 0 };
    return Math.abs(start - before.start - before.length);
  });
  return {
    start: pieces[0]?.start ?? Number.NaN,
    length: pieces.reduce((sum, { length }) => sum + length, 0),
    largestGap: Math.max(0, ...gaps),
  };
}

/** Matroska and FLV write names of tags in other letters. */
function readable(tags: Tags = {}): Tags {
  return Object.fromEntries(Object.entries(tags).map(([name, value]) => [name.toLowerCase(), value]));
}

async function describeFile(path: string): Promise<Described> {
  const show = "stream:format:frame=media_type,pts_time,nb_samples";
  const args = ["-v", "error", "-show_entries", show, "-of", "json", `file:${path}`];
  const { stdout } = await execute(ffprobePath, args, { maxBuffer: 64 * 1024 ** 2 });
  const described: Described = JSON.parse(stdout);
  return described;
}

async function decode(path: string, frameBytes: number): Promise<Pick<FileLook, "frames" | "complaints">> {
  const input = ["-v", "error", "-noautorotate", "-i", `file:${path}`, "-map", "0:v:0"];
  const raw = ["-fps_mode", "passthrough", "-enc_time_base", "-1", "-pix_fmt", "yuv420p", "-f", "rawvideo"];
  const options = { encoding: "buffer", maxBuffer: 512 * 1024 ** 2 } as const;
  const { stdout, stderr } = await execute(ffmpegPath, [...input, ...raw, "-"], options);
  const frames = Array.from({ length: stdout.length / frameBytes }, (_, frame) =>
    stdout.subarray(frame * frameBytes, (frame + 1) * frameBytes),
  );
  return { frames, complaints: stderr.toString() };
}
