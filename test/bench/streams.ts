/**
 * What a stream costs besides its encodes: packaging time, bytes of the containers against Shaka Packager's, how soon
 * it can be watched, and what its long groups of pictures save.
 */
import { execFile } from "node:child_process";
import { mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { locatePackager } from "../../encoder/run/locate-packager.ts";
import type { BenchBed } from "./bench-bed.ts";
import { BT709, type ClipPlan, ffmpeg, makeClip } from "./bench-clips.ts";
import { type Encode, EVERY_FRAME, measureSsim, percent, sizeAt } from "./equal-quality.ts";
import { makeQualityClips } from "./quality-clips.ts";
import { mean } from "./quality-curve.ts";

const LONG: ClipPlan = { name: "stream.mp4", size: "1280x720", seconds: 600, scenes: ["motion", "life"] };

/** At most: the filmed clips are between nine and thirty seconds long. */
const FILMED_SECONDS = 30;
/** Coconut's quality 4 is CRF 23 here. */
const CRFS = [22, 23, 24];
const BLANKET_GOP_SECONDS = 2;

/** Prints packaging share, time to first playable, container overhead and the saving by long groups of pictures. */
export async function compareStreams(directory: string, bed: BenchBed): Promise<void> {
  await compareLongJob(directory, bed);
  await compareGops(directory, bed);
}

async function compareLongJob(directory: string, bed: BenchBed): Promise<void> {
  await makeClip(directory, LONG);
  console.log(
    `\nA stream of ${LONG.seconds} s of ${LONG.size} as HLS (live_edge) and DASH with HLS, in the default ladder`,
  );
  const startedAt = performance.now();
  const { id } = await bed.api.startJob(bed.urlOf(LONG.name), {
    httpstream: {
      hls: { path: "/hls", live_edge: true },
      dash: { path: "/dash", hlsfmp4: true },
    },
  });
  const playableMs = (await firstPlayable(bed, id)) - startedAt;
  await bed.api.completion(id);
  const doneMs = performance.now() - startedAt;
  const timings = await bed.api.timings(id);
  console.log(
    `  first playable / done  ${(playableMs / doneMs).toFixed(3)} (${seconds(playableMs)} of ${seconds(doneMs)})`,
  );
  console.log(`  the job's time         ${JSON.stringify(timings)}`);
  const { dash } = await bed.api.streamUrls(id);
  await compareOverhead(directory, await downloadTracks(dash ?? "", join(directory, "copra-dash")));
}

/** When the master playlist can be read and names segments that can be read. */
async function firstPlayable(bed: BenchBed, id: string): Promise<number> {
  for (;;) {
    const { hls } = await bed.api.streamUrls(id);
    if (hls !== undefined && (await fetch(hls)).ok) {
      return performance.now();
    }
    await sleep(250);
  }
}

/** One track of the DASH package, as one file and in bytes. */
type Track = { path: string; isVideo: boolean; sizeBytes: number };

/** Fetches init and media segments of every representation of Copra's own manifest. */
async function downloadTracks(manifestUrl: string, directory: string): Promise<Track[]> {
  mkdirSync(directory, { recursive: true });
  const { parse } = await import("mpd-parser");
  const manifest = parse(await (await fetch(manifestUrl)).text(), { manifestUri: manifestUrl });
  const audio = Object.values(manifest.mediaGroups.AUDIO["audio"] ?? {}).flatMap(
    ({ playlists }) => playlists,
  );
  const tracks: Track[] = [];
  for (const [index, playlist] of [...manifest.playlists, ...audio].entries()) {
    const urls = [
      playlist.segments[0]?.map?.resolvedUri,
      ...playlist.segments.map(({ resolvedUri }) => resolvedUri),
    ];
    const parts: Buffer[] = [];
    for (const url of urls) {
      parts.push(Buffer.from(await (await fetch(url ?? "")).arrayBuffer()));
    }
    const bytes = Buffer.concat(parts);
    const path = join(directory, `track-${index}.mp4`);
    writeFileSync(path, bytes);
    tracks.push({ path, isVideo: index < manifest.playlists.length, sizeBytes: bytes.length });
  }
  return tracks;
}

/** The same encodes packaged by Shaka Packager, with segments of the same length. */
async function compareOverhead(directory: string, tracks: readonly Track[]): Promise<void> {
  const target = join(directory, "shaka");
  mkdirSync(target, { recursive: true });
  const streams = tracks.map(({ path, isVideo }, index) =>
    [
      `in=${path},stream=${isVideo ? "video" : "audio"}`,
      `init_segment=${target}/${index}-init.mp4`,
      `segment_template=${target}/${index}-$Number$.m4s`,
    ].join(","),
  );
  await promisify(execFile)(locatePackager(), [
    ...streams,
    "--segment_duration=6",
    `--mpd_output=${target}/manifest.mpd`,
    "--quiet",
  ]);
  const shakaBytes = readdirSync(target)
    .filter((name) => name.endsWith(".mp4") || name.endsWith(".m4s"))
    .reduce((sum, name) => sum + statSync(join(target, name)).size, 0);
  const copraBytes = tracks.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  console.log(
    `  media bytes, Copra / Shaka Packager  ${(copraBytes / shakaBytes).toFixed(5)} (${copraBytes} / ${shakaBytes})`,
  );
}

async function compareGops(directory: string, bed: BenchBed): Promise<void> {
  console.log(
    `\nSize of a stream's rung at the SSIM of one with a keyframe every ${BLANKET_GOP_SECONDS} s, mp4 quality=4`,
  );
  const differences: number[] = [];
  // Filmed ones alone: what is painted has too little that stays from picture to picture.
  const clips = await makeQualityClips(directory, FILMED_SECONDS);
  for (const { name, path } of clips.filter(({ isFilmed }) => isFilmed)) {
    const source = join(directory, `${name}.mp4`);
    await ffmpeg(["-i", path, "-c:v", "libx264", "-preset", "veryfast", "-crf", "8", ...BT709, source]);
    const outputs = { httpstream: { variants: ["mp4::noaudio:quality=4"], dash: { path: "/dash" } } };
    const { id } = await bed.api.finishedJob(bed.urlOf(`${name}.mp4`), outputs);
    const { dash } = await bed.api.streamUrls(id);
    const [track] = await downloadTracks(dash ?? "", join(directory, `gop-${name}`));
    const blanket: Encode[] = [];
    for (const crf of CRFS) {
      blanket.push(await encodeBlanket(source, join(directory, "blanket.mp4"), crf));
    }
    const copra = await measureSsim(track?.path ?? "", source);
    const difference = copra.sizeBytes / sizeAt(blanket, copra.ssimDb) - 1;
    differences.push(difference);
    console.log(`  ${name.padEnd(14)} ${percent(difference)} (${copra.ssimDb.toFixed(2)} dB)`);
  }
  console.log(`  mean           ${percent(mean(differences))}`);
}

async function encodeBlanket(source: string, path: string, crf: number): Promise<Encode> {
  await ffmpeg([
    ...[
      "-i",
      source,
      "-an",
      "-threads",
      "1",
      ...EVERY_FRAME,
      "-c:v",
      "libx264",
      "-preset",
      "veryfast",
      "-profile:v",
      "high",
    ],
    ...["-crf", String(crf), "-sc_threshold", "0", "-g", "9999"],
    ...["-force_key_frames", `expr:gte(t,n_forced*${BLANKET_GOP_SECONDS})`],
    ...["-movflags", "+frag_keyframe+empty_moov+default_base_moof", path],
  ]);
  return measureSsim(path, source);
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}
