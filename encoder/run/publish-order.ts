/** In which order the files of a package may appear to readers. Pure. */

const PLAYLIST_TYPE = "application/vnd.apple.mpegurl";

/**
 * Splits files, given in publish order with the master playlist last, into waves. A wave may be written in any
 * order; the next one starts after it: media, then media playlists, then the master alone. So no reader ever
 * finds a playlist that names a missing object.
 */
export function publishWaves<File extends { contentType: string }>(files: readonly File[]): File[][] {
  const beforeMaster = files.slice(0, -1);
  const isPlaylist = (file: File): boolean => file.contentType === PLAYLIST_TYPE;
  return [
    beforeMaster.filter((file) => !isPlaylist(file)),
    beforeMaster.filter(isPlaylist),
    files.slice(-1),
  ].filter((wave) => wave.length > 0);
}
