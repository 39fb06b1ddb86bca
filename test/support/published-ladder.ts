/**
 * A small published stream and its ladder, made by FFmpeg alone: what segment tasks would have left in a store. Times
 * and sizes are read by the linter's own readers.
 */
import { execFile } from "node:child_process";
import { createCipheriv } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Ladder, PlacedTrack } from "../../encoder/contract/stream.ts";
import { locateFfmpeg } from "../../encoder/run/locate-ffmpeg.ts";
import { lavfi } from "./make-clip.ts";
import { boxesOf, readFragment, readInit } from "./stream-lint/read-boxes.ts";
import { pictureOf, readTransport, soundOf } from "./stream-lint/read-transport.ts";

const execute = promisify(execFile);
const tools = await locateFfmpeg();

const SECONDS = 13;
const RATE = 25;
const SEGMENT_SECONDS = 6;
const TRANSPORT_OFFSET_SECONDS = 10;

export type LadderPlan = {
  /** Sizes of the pictures, in the ladder's order. */
  pictures: { widthPx: number; heightPx: number }[];
  /** Tones in Hz, each a language of its own. The first is what pictures are heard with. */
  sounds: { hz: number; language: string; name: string; isRung: boolean }[];
  /** Encrypts segments of transport streams: one key for so many of them, by number. */
  keys?: { values: string[]; segmentsPerKey: number | null };
  /** Encrypts fragmented MP4 by the scheme `cenc`. */
  cenc?: { key: string; keyId: string };
};

const PLAN: LadderPlan = {
  pictures: [
    { widthPx: 160, heightPx: 90 },
    { widthPx: 96, heightPx: 54 },
  ],
  sounds: [{ hz: 440, language: "en", name: "English", isRung: true }],
};

/** Writes `transport/` and `fragments/` into the directory. */
export async function publishLadder(directory: string, changes: Partial<LadderPlan> = {}): Promise<Ladder> {
  const plan = { ...PLAN, ...changes };
  const isChoice = plan.sounds.length > 1;
  const sounds: Ladder["sounds"] = [];
  for (const [index, { hz, language, name, isRung }] of plan.sounds.entries()) {
    const path = join(directory, `sound-${index}.aac`);
    // Raw frames begin at zero: what the encoder primes itself with is not told.
    await ffmpeg([...lavfi(`sine=f=${hz}:r=48000:d=${SECONDS}`), "-ac", "2", "-c:a", "aac", "-y", path]);
    const inTransport = isRung || index > 0;
    sounds.push({
      language,
      name,
      isDefault: index === 0,
      channels: 2,
      sampleRateHz: 48_000,
      isRung,
      isAlternate: isChoice,
      transport: inTransport
        ? await transportTrack(
            directory,
            `media-${plan.pictures.length + 1 + index}`,
            ["-i", path],
            plan.keys,
          )
        : null,
      fragments: await fragmentTrack(
        directory,
        `audio/${language}/mp4a.40.2/1`,
        ["-i", path, "-bsf:a", "aac_adtstoasc"],
        plan.cenc,
      ),
    });
  }
  const pictures: Ladder["pictures"] = [];
  for (const [index, { widthPx, heightPx }] of plan.pictures.entries()) {
    const path = join(directory, `picture-${index}.mp4`);
    const borders = `expr:gte(t,n_forced*${SEGMENT_SECONDS})`;
    await ffmpeg([
      ...lavfi(`testsrc2=s=${widthPx}x${heightPx}:r=${RATE}:d=${SECONDS}`),
      ...["-c:v", "libx264", "-preset", "ultrafast", "-bf", "0", "-g", "9999", "-sc_threshold", "0"],
      ...["-pix_fmt", "yuv420p", "-force_key_frames", borders, "-y", path],
    ]);
    const hasSound = plan.sounds.length > 0;
    const heard = hasSound ? ["-i", join(directory, "sound-0.aac")] : [];
    pictures.push({
      widthPx,
      heightPx,
      frameRate: { num: RATE, den: 1 },
      sound: hasSound ? 0 : null,
      transport: await transportTrack(directory, `media-${index + 1}`, ["-i", path, ...heard], plan.keys),
      fragments: await fragmentTrack(directory, `video/avc1/${index + 1}`, ["-i", path], plan.cenc),
    });
  }
  return { durationSeconds: SECONDS, pictures, sounds, subtitles: [] };
}

async function ffmpeg(args: readonly string[]): Promise<void> {
  await execute(tools.ffmpegPath, ["-nostdin", "-v", "error", ...args]);
}

const HLS = ["-c", "copy", "-f", "hls", "-hls_time", String(SEGMENT_SECONDS), "-hls_list_size", "0"];

async function transportTrack(
  directory: string,
  folder: string,
  inputs: readonly string[],
  keys: LadderPlan["keys"],
): Promise<PlacedTrack> {
  const place = join(directory, "transport", folder);
  await mkdir(place, { recursive: true });
  const offset = ["-output_ts_offset", String(TRANSPORT_OFFSET_SECONDS), "-muxdelay", "0"];
  const names = ["-hls_segment_filename", join(place, "segment-%d.ts"), join(place, "list.m3u8")];
  await ffmpeg([...inputs, ...HLS, ...offset, ...names]);
  const list = await readFile(join(place, "list.m3u8"), "utf8");
  const durations = [...list.matchAll(/#EXTINF:([\d.]+)/g)].map(([, seconds]) => Number(seconds));
  const segments: PlacedTrack["segments"] = [];
  const codecs = new Set<string>();
  for (const [number, seconds] of durations.entries()) {
    const path = join(place, `segment-${number}.ts`);
    const clear = await readFile(path);
    const { streams } = readTransport(clear);
    for (const stream of streams) {
      codecs.add((stream.codec === "aac" ? soundOf(stream) : pictureOf(stream))?.codec ?? "");
    }
    const video = streams.find(({ codec }) => codec !== "aac");
    const bytes = keys ? encrypted(clear, number, keys) : clear;
    await writeFile(path, bytes);
    segments.push({
      number,
      durationTicks: Math.round(seconds * 90_000),
      sizeBytes: bytes.length,
      keyframeBytes: video && !keys ? secondPictureAt(clear, video.pid) : null,
    });
  }
  await rm(join(place, "list.m3u8"));
  return { folder, ticksPerSecond: 90_000, startTicks: 0, segments, codecs: [...codecs] };
}

function encrypted(clear: Buffer, number: number, keys: NonNullable<LadderPlan["keys"]>): Buffer {
  const index = keys.segmentsPerKey === null ? 0 : Math.floor(number / keys.segmentsPerKey);
  const key = keys.values[Math.min(index, keys.values.length - 1)] ?? "";
  const iv = Buffer.alloc(16);
  iv.writeUInt32BE(number, 12);
  const cipher = createCipheriv("aes-128-cbc", Buffer.from(key, "hex"), iv);
  return Buffer.concat([cipher.update(clear), cipher.final()]);
}

/** Where the packets of the second picture begin: all before them shows the first. */
function secondPictureAt(bytes: Buffer, pid: number): number {
  const starts = Array.from({ length: bytes.length / 188 }, (_, index) => index * 188).filter(
    (at) => (bytes.readUInt16BE(at + 1) & 0x5fff) === (pid | 0x4000),
  );
  return starts[1] ?? bytes.length;
}

async function fragmentTrack(
  directory: string,
  folder: string,
  inputs: readonly string[],
  cenc: LadderPlan["cenc"],
): Promise<PlacedTrack> {
  const place = join(directory, "fragments", folder);
  const options = [
    "use_editlist=0:movflags=+frag_custom+dash+delay_moov+skip_sidx",
    ...(cenc
      ? [`encryption_scheme=cenc-aes-ctr:encryption_key=${cenc.key}:encryption_kid=${cenc.keyId}`]
      : []),
  ];
  await mkdir(place, { recursive: true });
  await ffmpeg([
    ...inputs,
    ...HLS,
    ...["-hls_segment_type", "fmp4", "-hls_fmp4_init_filename", "init.mp4"],
    ...["-hls_segment_options", options.join(":")],
    ...["-hls_segment_filename", join(place, "part-%d.m4s"), join(place, "list.m3u8")],
  ]);
  await rm(join(place, "list.m3u8"));
  const init = readInit(await readFile(join(place, "init.mp4")));
  const parts = (await readdir(place)).filter((name) => name.startsWith("part-"));
  const segments: PlacedTrack["segments"] = [];
  for (let number = 0; number < parts.length; number++) {
    const path = join(place, `part-${number}.m4s`);
    const bytes = await readFile(path);
    const { decodeTicks, durationTicks, samples } = readFragment(bytes, init);
    const mdat = boxesOf(bytes).find(({ type }) => type === "mdat");
    const firstBytes = (mdat?.offset ?? 0) + 8 + (samples[0]?.sizeBytes ?? 0);
    await rename(path, join(place, `seg-${decodeTicks}.m4s`));
    segments.push({
      number,
      durationTicks,
      sizeBytes: bytes.length,
      keyframeBytes: init.kind === "video" ? firstBytes : null,
    });
  }
  return { folder, ticksPerSecond: init.timescale, startTicks: 0, segments, codecs: [init.codec] };
}
