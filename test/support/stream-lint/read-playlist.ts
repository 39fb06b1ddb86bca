/** Reads HLS playlists (RFC 8216 §4), line by line. */

export type Attributes = Record<string, string>;

export type PlaylistSegment = {
  url: string;
  durationSeconds: number;
  /** As written after EXT-X-BYTERANGE. */
  byteRange: { length: number; offset: number } | null;
  mapUrl: string | null;
  keys: Attributes[];
  tags: string[];
};

export type MediaPlaylist = {
  url: string;
  text: string;
  version: number;
  targetDuration: number | null;
  type: string | null;
  hasEnd: boolean;
  isIFramesOnly: boolean;
  segments: PlaylistSegment[];
};

export type MasterPlaylist = {
  url: string;
  text: string;
  version: number;
  isIndependent: boolean;
  variants: (Attributes & { url: string })[];
  iFrames: Attributes[];
  media: Attributes[];
};

/** Values without their quotes. */
function readAttributes(text: string): Attributes {
  const attributes: Attributes = {};
  for (const [, name = "", value = ""] of text.matchAll(/([A-Z0-9-]+)=("[^"]*"|[^",]*)/g)) {
    attributes[name] = value.replace(/^"|"$/g, "");
  }
  return attributes;
}

function linesOf(text: string): string[] {
  return text.split(/\r?\n/).filter((line) => line !== "");
}

function valueOf(lines: readonly string[], tag: string): string | null {
  return lines.find((line) => line.startsWith(`#${tag}:`))?.slice(tag.length + 2) ?? null;
}

export function readMaster(text: string, url: string): MasterPlaylist {
  const lines = linesOf(text);
  const tagged = (tag: string) =>
    lines
      .filter((line) => line.startsWith(`#${tag}:`))
      .map((line) => readAttributes(line.slice(tag.length + 2)));
  const variants = lines.flatMap((line, index) =>
    line.startsWith("#EXT-X-STREAM-INF:")
      ? [{ ...readAttributes(line.slice(18)), url: new URL(lines[index + 1] ?? "", url).href }]
      : [],
  );
  return {
    url,
    text,
    version: Number(valueOf(lines, "EXT-X-VERSION") ?? 1),
    isIndependent: lines.includes("#EXT-X-INDEPENDENT-SEGMENTS"),
    variants,
    iFrames: tagged("EXT-X-I-FRAME-STREAM-INF"),
    media: tagged("EXT-X-MEDIA"),
  };
}

export function readMedia(text: string, url: string): MediaPlaylist {
  const lines = linesOf(text);
  const target = valueOf(lines, "EXT-X-TARGETDURATION");
  return {
    url,
    text,
    version: Number(valueOf(lines, "EXT-X-VERSION") ?? 1),
    targetDuration: target === null ? null : Number(target),
    type: valueOf(lines, "EXT-X-PLAYLIST-TYPE"),
    hasEnd: lines.includes("#EXT-X-ENDLIST"),
    isIFramesOnly: lines.includes("#EXT-X-I-FRAMES-ONLY"),
    segments: readSegments(lines, url),
  };
}

function readSegments(lines: readonly string[], url: string): PlaylistSegment[] {
  const segments: PlaylistSegment[] = [];
  let tags: string[] = [];
  let keys: Attributes[] = [];
  let mapUrl: string | null = null;
  let isAfterKey = false;
  for (const line of lines) {
    if (line.startsWith("#EXT-X-KEY:")) {
      // Tags in a row are of different formats; one that comes later replaces them.
      const key = readAttributes(line.slice(11));
      keys = isAfterKey ? [...keys, key] : [key];
      isAfterKey = true;
      continue;
    }
    isAfterKey = false;
    if (line.startsWith("#EXT-X-MAP:")) {
      mapUrl = new URL(readAttributes(line.slice(11))["URI"] ?? "", url).href;
    } else if (line.startsWith("#")) {
      tags.push(line);
    } else {
      const range = /^(\d+)@(\d+)$/.exec(valueOf(tags, "EXT-X-BYTERANGE") ?? "");
      segments.push({
        url: new URL(line, url).href,
        durationSeconds: Number.parseFloat(valueOf(tags, "EXTINF") ?? ""),
        byteRange: range && { length: Number(range[1]), offset: Number(range[2]) },
        mapUrl,
        keys: keys.filter((key) => key["METHOD"] !== "NONE"),
        tags,
      });
      tags = [];
    }
  }
  return segments;
}
