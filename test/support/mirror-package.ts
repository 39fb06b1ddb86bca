/** Copies a stream's package as players find it, from a manifest through everything that it names. */
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { DOMParser } from "@xmldom/xmldom";
import { parse as parseMpd } from "mpd-parser";

export type MirroredPackage = {
  /** Local copy of the manifest. */
  manifestPath: string;
  directory: string;
  /** Paths of all copied files below `directory`. */
  files: string[];
};

/** The bytes behind an address. @throws Error when there are none */
export type ReadFile = (url: string) => Promise<Buffer>;

/** @throws Error when something that is named is not there */
export async function mirrorPackage(
  manifestUrl: string,
  directory: string,
  read: ReadFile = fetchBytes,
): Promise<MirroredPackage> {
  const base = new URL(".", manifestUrl);
  const files = new Map<string, string>();
  await followPackage(manifestUrl, async (url) => {
    const bytes = await read(url);
    const name = decodeURIComponent(url.slice(base.href.length));
    const path = join(directory, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, bytes);
    files.set(url, name);
    return bytes;
  });
  return {
    manifestPath: join(directory, files.get(manifestUrl) ?? ""),
    directory,
    files: [...files.values()],
  };
}

/** Visits a manifest and everything that it leads to, each address once. */
export async function followPackage(manifestUrl: string, visit: ReadFile): Promise<void> {
  const seen = new Set<string>();
  const waiting = [manifestUrl];
  for (let url = waiting.shift(); url !== undefined; url = waiting.shift()) {
    if (!seen.has(url)) {
      seen.add(url);
      waiting.push(...namesIn(url, await visit(url)));
    }
  }
}

function namesIn(url: string, bytes: Buffer): string[] {
  const { pathname } = new URL(url);
  if (pathname.endsWith(".m3u8")) {
    return playlistNames(bytes.toString("utf8"), url);
  }
  return pathname.endsWith(".mpd") ? mpdNames(bytes.toString("utf8"), url) : [];
}

/** Addresses of lines and of `URI` attributes, without those that are no files of the package. */
function playlistNames(text: string, url: string): string[] {
  const lines = text.split("\n").flatMap((line) => {
    if (line.startsWith("#")) {
      const uri = /[:,]URI="([^"]*)"/.exec(line)?.[1];
      return uri === undefined ? [] : [uri];
    }
    return line.trim() === "" ? [] : [line.trim()];
  });
  return lines.map((name) => new URL(name, url).href).filter((name) => name.startsWith("http"));
}

function mpdNames(text: string, url: string): string[] {
  const { playlists, mediaGroups } = parseMpd(text, { manifestUri: url });
  const grouped = Object.values(mediaGroups.AUDIO).flatMap((group) =>
    Object.values(group).flatMap((entry) => entry.playlists),
  );
  const media = [...playlists, ...grouped].flatMap(({ segments }) =>
    segments.flatMap(({ resolvedUri, map }) => [...(map ? [map.resolvedUri] : []), resolvedUri]),
  );
  const addresses = Array.from(
    new DOMParser().parseFromString(text, "text/xml").getElementsByTagName("BaseURL"),
  );
  const files = addresses.map((element) => new URL(element.textContent ?? "", url).href);
  return [...media, ...files.filter((name) => !name.endsWith("/"))];
}

export async function fetchBytes(url: string): Promise<Buffer> {
  const response = await fetch(url);
  if (response.status !== 200) {
    throw new Error(`${url} answered ${response.status}`);
  }
  return Buffer.from(await response.arrayBuffer());
}
