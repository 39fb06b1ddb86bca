/** What the linter of streams says, and where it reads from. It knows nothing of the code that writes packages. */

/** Names of all rules. */
export const RULES = [
  "apple-frame-rate",
  "apple-iframes",
  "apple-peak",
  "apple-six-seconds",
  "cross-files",
  "cross-times",
  "hls-discontinuity",
  "hls-duration",
  "hls-end",
  "hls-header",
  "hls-iframes",
  "hls-key",
  "hls-map",
  "hls-one-target",
  "hls-segments",
  "hls-subtitles",
  "hls-target-duration",
  "hls-type",
  "hls-version",
  "master-attributes",
  "master-average",
  "master-bandwidth",
  "master-captions",
  "master-codecs",
  "master-frame-rate",
  "master-groups",
  "master-independent",
  "master-order",
  "master-resolution",
  "master-variants",
  "mp4-continuous",
  "mp4-earliest",
  "mp4-edits",
  "mp4-encryption",
  "mp4-readable",
  "mpd-aligned",
  "mpd-bandwidth",
  "mpd-codecs",
  "mpd-duration",
  "mpd-ids",
  "mpd-images",
  "mpd-lang",
  "mpd-picture",
  "mpd-profile",
  "mpd-protection",
  "mpd-readable",
  "mpd-role",
  "mpd-root",
  "mpd-segments",
  "mpd-set",
  "mpd-sound",
  "mpd-switching",
  "mpd-text",
  "mpd-tfdt",
  "mpd-timeline",
  "mpd-timescale",
  "segment-gop",
  "segment-keyframe",
  "ts-clock",
  "ts-continuity",
  "ts-media",
  "ts-order",
  "ts-readable",
  "ts-sound",
  "ts-tables",
  "uri-resolves",
  "variants-aligned",
] as const;
/** Names under which other readers differ. */
const READERS = ["readable", "hls-parser", "m3u8-parser", "mpd-parser", "mp4box", "mux.js"] as const;
export type Rule = (typeof RULES)[number] | (typeof READERS)[number];

/** `advice` is what an authoring guide recommends; everything else is an `error`. */
export type Finding = { level: "error" | "advice"; rule: Rule; where: string; detail: string };

export type StreamSource = {
  /** Bytes at an address; null when there are none. */
  get: (url: string) => Promise<Buffer | null>;
};

/** Collects findings. `check` adds one when what is expected does not hold, and says whether it held. */
export type Findings = {
  list: Finding[];
  check: (holds: boolean, rule: Rule, where: string, detail: string) => boolean;
  advise: (holds: boolean, rule: Rule, where: string, detail: string) => void;
};

export function collectFindings(): Findings {
  const list: Finding[] = [];
  const add = (level: Finding["level"], holds: boolean, rule: Rule, where: string, detail: string) => {
    if (!holds) {
      list.push({ level, rule, where, detail });
    }
    return holds;
  };
  return {
    list,
    check: (...args) => add("error", ...args),
    advise: (...args) => void add("advice", ...args),
  };
}

export function remember(source: StreamSource): StreamSource {
  const known = new Map<string, Promise<Buffer | null>>();
  return {
    get: (url) => {
      const reading = known.get(url) ?? source.get(url);
      known.set(url, reading);
      return reading;
    },
  };
}

/** Files of a directory, under `file:` addresses. */
export function directorySource(read: (path: string) => Promise<Buffer>): StreamSource {
  return {
    get: (url) =>
      url.startsWith("file:")
        ? read(decodeURIComponent(new URL(url).pathname)).catch(() => null)
        : Promise.resolve(null),
  };
}
