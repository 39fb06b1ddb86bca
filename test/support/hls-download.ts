/** An HLS package as a player sees it: parsed by hls-parser, and on disk for FFmpeg to decode. */
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import * as hls from "hls-parser";

export type HlsVariant = {
  widthPx: number | null;
  heightPx: number | null;
  bandwidthBps: number;
  codecs: string;
  segmentSeconds: number[];
  /** Local copy of the media playlist. */
  playlistPath: string;
};

/** Downloads the master playlist and everything that it leads to but pictures for trick play; each file must be there. */
export async function downloadHls(masterUrl: string, directory: string): Promise<HlsVariant[]> {
  const master = hls.parse(await download(masterUrl, masterUrl, directory));
  if (!master.isMasterPlaylist) {
    throw new Error(`${masterUrl} is no master playlist`);
  }
  const variants = master.variants
    .filter(({ isIFrameOnly }) => !isIFrameOnly)
    .map(async (variant): Promise<HlsVariant> => {
      const playlistUrl = new URL(variant.uri, masterUrl).href;
      const playlist = hls.parse(await download(playlistUrl, masterUrl, directory));
      if (playlist.isMasterPlaylist || !playlist.endlist) {
        throw new Error(`${playlistUrl} is no finished media playlist`);
      }
      for (const segment of playlist.segments) {
        await download(new URL(segment.uri, playlistUrl).href, masterUrl, directory);
      }
      return {
        widthPx: variant.resolution?.width ?? null,
        heightPx: variant.resolution?.height ?? null,
        bandwidthBps: variant.bandwidth,
        codecs: variant.codecs ?? "",
        segmentSeconds: playlist.segments.map(({ duration }) => duration),
        playlistPath: localPath(playlistUrl, masterUrl, directory),
      };
    });
  return Promise.all(variants);
}

async function download(url: string, masterUrl: string, directory: string): Promise<string> {
  const response = await fetch(url);
  if (response.status !== 200) {
    throw new Error(`${url} answered ${response.status}`);
  }
  const bytes = Buffer.from(await response.arrayBuffer());
  const path = localPath(url, masterUrl, directory);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, bytes);
  return bytes.toString("utf8");
}

function localPath(url: string, masterUrl: string, directory: string): string {
  const base = new URL(".", masterUrl).pathname;
  return join(directory, new URL(url).pathname.slice(base.length));
}
