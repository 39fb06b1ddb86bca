/** Names of the files in the folders of a stream's packages: what segments are published under and manifests point to. */

/** Description of a track of fragmented MP4, before its segments. */
export const INIT_FILE = "init.mp4";

/** Media playlist of a folder. */
export const MEDIA_PLAYLIST_FILE = "stream.m3u8";

/** Playlist of the keyframes of a folder. */
export const I_FRAME_PLAYLIST_FILE = "iframes.m3u8";

/** A segment of fragmented MP4, named after its start on its track's clock: DASH's `$Time$`. */
export function fragmentFile(startTicks: number): string {
  return `seg-${startTicks}.m4s`;
}

/** DASH's template of `fragmentFile`. */
export const FRAGMENT_FILE_TEMPLATE = "seg-$Time$.m4s";

/** A segment of an MPEG transport stream, named after its number in its track. */
export function transportFile(number: number): string {
  return `segment-${number}.ts`;
}

/** Key of a file of a package, `name` being below the package's key prefix, which may be empty. */
export function fileKey(prefix: string, name: string): string {
  return prefix === "" ? name : `${prefix}/${name}`;
}
