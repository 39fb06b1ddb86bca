/** What an HLS package consists of, from its playlists. */

export type HlsPackage = {
  /** Every object of the package, playlists too, each once. */
  urls: string[];
  variantCount: number;
  /** The largest RESOLUTION of the master playlist, such as "1280x720"; null without one. */
  largestResolution: string | null;
};

/** Follows a master playlist to all its objects. `readText` fetches one playlist. */
export async function readHlsPackage(
  masterUrl: string,
  readText: (url: string) => Promise<string>,
): Promise<HlsPackage> {
  const master = await readText(masterUrl);
  const playlistUrls = referencedUrls(master, masterUrl);
  const segmentUrls = await Promise.all(
    playlistUrls.map(async (url) => referencedUrls(await readText(url), url)),
  );
  return {
    urls: [...new Set([masterUrl, ...playlistUrls, ...segmentUrls.flat()])],
    variantCount: master.match(/^#EXT-X-STREAM-INF:/gm)?.length ?? 0,
    largestResolution: largestResolution(master),
  };
}

/** The objects that a playlist names, in lines of their own or in URI attributes, absolute and each once. */
export function referencedUrls(playlist: string, playlistUrl: string): string[] {
  const lines = playlist.split(/\r?\n/).map((line) => line.trim());
  const references = lines.flatMap((line) => {
    const reference = line.startsWith("#") ? /[:,]URI="([^"]+)"/.exec(line)?.[1] : line;
    return reference === undefined || reference === "" ? [] : [new URL(reference, playlistUrl).href];
  });
  return [...new Set(references)];
}

function largestResolution(master: string): string | null {
  const sizes = [...master.matchAll(/[:,]RESOLUTION=(\d+)x(\d+)/g)].map((match) => [
    Number(match[1]),
    Number(match[2]),
  ]);
  const [largest] = sizes.toSorted(
    ([aWidth = 0, aHeight = 0], [bWidth = 0, bHeight = 0]) => bWidth * bHeight - aWidth * aHeight,
  );
  return largest === undefined ? null : largest.join("x");
}
