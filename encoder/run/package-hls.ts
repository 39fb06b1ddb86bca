/** Finished MP4 renditions -> an HLS package in a local directory, checked before anything is published. */
import { mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Ffprobe } from "../contract/media-info.ts";
import { hlsArgs, MEDIA_PLAYLIST_NAME, packageOffset } from "../ffmpeg/hls/hls-args.ts";
import { masterPlaylist, type MasterVariant } from "../ffmpeg/hls/master-playlist.ts";
import { areAligned, parseMediaPlaylist, type MediaPlaylist } from "../ffmpeg/hls/media-playlist.ts";
import { parseRendition, type PackagedRendition } from "../ffmpeg/hls/parse-rendition.ts";
import { probePackageArgs, probeRenditionArgs } from "../ffmpeg/probe/probe-args.ts";
import { parseProbeTree } from "../ffmpeg/probe/probe-tree.ts";
import { runFfmpeg, runFfprobe, wallLimitFor } from "./ffmpeg.ts";
import { TaskFailure } from "./task-failure.ts";
import type { WorkContext } from "./work-context.ts";

export type HlsWork = {
  /** In the order of the master playlist. */
  renditions: readonly { path: string; hasVideo: boolean; hasAudio: boolean }[];
  /** File name of the master playlist, without its extension. */
  playlistName: string;
  segmentSeconds: number;
};

type PackageFile = {
  /** Where it is now. */
  path: string;
  /** Its place in the package, such as `media-1/segment-0.ts`. */
  name: string;
  contentType: string;
};

export type HlsPackage = {
  /** In publish order: segments, media playlists, and the master last, so that no list names a missing object. */
  files: PackageFile[];
  /** ffprobe of the master playlist. */
  ffprobe: Ffprobe;
};

const PLAYLIST_TYPE = "application/vnd.apple.mpegurl";
const SEGMENT_TYPE = "video/mp2t";

/** One rendition after its remux. */
type Packaged = { name: string; probed: PackagedRendition; playlist: MediaPlaylist; sizesBytes: number[] };

/**
 * Packages by copy: `<playlistName>.m3u8`, `media-1/stream.m3u8`, `media-1/segment-0.ts` …, renditions counted from 1.
 *
 * @throws TaskFailure `output_check_failed` when renditions are not cut alike or a playlist cannot be read back
 * @throws `signal.reason` when aborted
 */
export async function packageHls(work: HlsWork, ctx: WorkContext): Promise<HlsPackage> {
  const probed = await Promise.all(work.renditions.map((rendition) => probeRendition(rendition, ctx)));
  const offsetSeconds = packageOffset(
    Math.min(0, ...probed.map((rendition) => rendition.earliestDtsSeconds)),
  );
  const packaged: Packaged[] = [];
  for (const [index, rendition] of probed.entries()) {
    const onProgress = (fraction: number) => ctx.onProgress((index + fraction) / probed.length);
    packaged.push(
      await remux(rendition, { ...work, offsetSeconds, name: `media-${index + 1}` }, { ...ctx, onProgress }),
    );
  }
  checkAlignment(packaged);
  const masterName = `${work.playlistName}.m3u8`;
  await writeFile(join(ctx.directory, masterName), masterPlaylist(packaged.map(toVariant)));
  const ffprobe = parseProbeTree(await runFfprobe(probePackageArgs(masterName), ctx, "output_check_failed"));
  if (ffprobe === null) {
    throw checkFailed("ffprobe reads no streams from the master playlist");
  }
  ctx.onProgress(1);
  return { files: listFiles(packaged, masterName, ctx.directory), ffprobe };
}

type Rendition = HlsWork["renditions"][number];

async function probeRendition(rendition: Rendition, ctx: WorkContext): Promise<PackagedRendition> {
  const { path, hasVideo, hasAudio } = rendition;
  const { size } = await stat(path);
  const probed = parseRendition(await runFfprobe(probeRenditionArgs(path), ctx, "output_check_failed"), {
    path,
    sizeBytes: size,
  });
  if (probed === null || (probed.video !== null) !== hasVideo || probed.hasAudio !== hasAudio) {
    throw checkFailed(
      `a rendition does not have the streams of its plan: video ${hasVideo}, audio ${hasAudio}`,
    );
  }
  return probed;
}

type Remux = { name: string; segmentSeconds: number; offsetSeconds: number };

async function remux(probed: PackagedRendition, plan: Remux, ctx: WorkContext): Promise<Packaged> {
  const directory = join(ctx.directory, plan.name);
  await mkdir(directory);
  const args = hlsArgs({
    renditionPath: probed.path,
    hasVideo: probed.video !== null,
    hasAudio: probed.hasAudio,
    segmentSeconds: plan.segmentSeconds,
    offsetSeconds: plan.offsetSeconds,
  });
  await runFfmpeg(
    args,
    { ...ctx, directory },
    {
      expectedSeconds: probed.durationSeconds,
      wallLimitMs: wallLimitFor(probed.durationSeconds),
      onProgress: ctx.onProgress,
    },
  );
  const playlist = parseMediaPlaylist(await readFile(join(directory, MEDIA_PLAYLIST_NAME), "utf8"));
  if (playlist === null) {
    throw checkFailed(`${plan.name} has no complete playlist`);
  }
  const stats = await Promise.all(playlist.segments.map((segment) => stat(join(directory, segment.name))));
  return { name: plan.name, probed, playlist, sizesBytes: stats.map(({ size }) => size) };
}

function checkAlignment(packaged: readonly Packaged[]): void {
  const withVideo = packaged.flatMap(({ probed, playlist }) =>
    probed.video ? [{ playlist, frameRate: probed.video.frameRate }] : [],
  );
  if (!areAligned(withVideo)) {
    throw checkFailed("renditions of one frame rate are cut at different times");
  }
}

function toVariant({ name, probed, playlist, sizesBytes }: Packaged): MasterVariant {
  return {
    uri: `${name}/${MEDIA_PLAYLIST_NAME}`,
    targetDurationSeconds: playlist.targetDurationSeconds,
    segments: playlist.segments.map(({ durationSeconds }, index) => ({
      durationSeconds,
      sizeBytes: sizesBytes[index] ?? 0,
    })),
    codecs: probed.codecs,
    video: probed.video,
  };
}

function listFiles(packaged: readonly Packaged[], masterName: string, directory: string): PackageFile[] {
  const segments = packaged.flatMap(({ name, playlist }) =>
    playlist.segments.map((segment) => ({ name: `${name}/${segment.name}`, contentType: SEGMENT_TYPE })),
  );
  const playlists = packaged.map(({ name }) => ({
    name: `${name}/${MEDIA_PLAYLIST_NAME}`,
    contentType: PLAYLIST_TYPE,
  }));
  const master = { name: masterName, contentType: PLAYLIST_TYPE };
  return [...segments, ...playlists, master].map((file) => ({ path: join(directory, file.name), ...file }));
}

function checkFailed(log: string): TaskFailure {
  return new TaskFailure({ code: "output_check_failed" }, { log });
}
