/** Rules for an HLS package from its master playlist on (RFC 8216 §4.3.4, Apple's authoring guide). */
import type { Findings, Rule, StreamSource } from "./finding.ts";
import { lintIFrames, lintMedia, lintMediaText } from "./lint-media-playlist.ts";
import { meanRate, peakRate } from "./rates.ts";
import {
  type Attributes,
  type MasterPlaylist,
  type MediaPlaylist,
  readMaster,
  readMedia,
} from "./read-playlist.ts";
import type { TrackFacts } from "./tracks.ts";

export type HlsTrack = { playlist: MediaPlaylist; track: TrackFacts | null };

/** What was read of the package, for comparisons with others. */
export type HlsFacts = { master: MasterPlaylist; tracks: Map<string, HlsTrack> };

/** Rates in the master are those of the media; a hundredth is left for another way of rounding. */
const RATE_SLACK = 0.01;
/** Pictures of one rate switch at the same frames. */
const SAME_SECONDS = 0.002;

export async function lintHls(
  url: string,
  source: StreamSource,
  findings: Findings,
  isOpen: boolean,
): Promise<HlsFacts | null> {
  const { check } = findings;
  const bytes = await source.get(url);
  if (!check(bytes !== null, "uri-resolves", url, "is not there") || bytes === null) {
    return null;
  }
  const master = readMaster(bytes.toString("utf8"), url);
  lintMasterText(master, findings);
  const tracks = new Map<string, HlsTrack>();
  for (const playlistUrl of mediaUrls(master)) {
    const read = await readTrack(playlistUrl, source, findings, isOpen);
    if (read) {
      tracks.set(playlistUrl, read);
    }
  }
  lintTargets(master, tracks, findings);
  await lintSubtitles(master, source, findings);
  for (const variant of master.variants) {
    lintVariant(variant, master, tracks, findings);
  }
  lintAlignment(master, tracks, isOpen, findings);
  if (!isOpen) {
    await lintIFrameStreams(master, tracks, source, findings);
  }
  return { master, tracks };
}

async function readTrack(
  url: string,
  source: StreamSource,
  findings: Findings,
  isOpen: boolean,
): Promise<HlsTrack | null> {
  const bytes = await source.get(url);
  if (!findings.check(bytes !== null, "uri-resolves", url, "is not there") || bytes === null) {
    return null;
  }
  const playlist = readMedia(bytes.toString("utf8"), url);
  lintMediaText(playlist, isOpen, findings);
  return { playlist, track: await lintMedia(playlist, source, findings) };
}

/** RFC 8216 §6.2.4. Finished subtitles and I-frame playlists may have targets of their own. */
function lintTargets({ url }: MasterPlaylist, tracks: Map<string, HlsTrack>, { check }: Findings): void {
  const targets = new Set([...tracks.values()].map(({ playlist }) => playlist.targetDuration));
  check(targets.size <= 1, "hls-one-target", url, `leads to targets of ${[...targets].join()} s`);
}

/** Playlists of pictures and sounds. */
function mediaUrls({ variants, media, url }: MasterPlaylist): Set<string> {
  const sounds = media.filter(({ TYPE, URI }) => TYPE === "AUDIO" && URI);
  return new Set([
    ...variants.map((variant) => variant.url),
    ...sounds.map(({ URI }) => new URL(URI ?? "", url).href),
  ]);
}

function lintMasterText(master: MasterPlaylist, { check }: Findings): void {
  const { url, text, variants, media, iFrames, version } = master;
  check(text.startsWith("#EXTM3U\n"), "hls-header", url, "does not begin with #EXTM3U");
  check(text.split("#EXT-X-VERSION:").length === 2, "hls-header", url, "does not say one version");
  check(master.isIndependent, "master-independent", url, "does not say that segments are independent");
  check(variants.length > 0, "master-variants", url, "has no variant");
  check(
    new Set(variants.map((one) => one.url)).size === variants.length,
    "master-variants",
    url,
    "repeats one",
  );
  check(
    version >= 4 || media.length + iFrames.length === 0,
    "hls-version",
    url,
    `has renditions in ${version}`,
  );
  for (const attribute of ["BANDWIDTH", "AVERAGE-BANDWIDTH", "CODECS"]) {
    const lacking = variants.find((one) => !one[attribute]);
    check(!lacking, "master-attributes", lacking?.url ?? url, `has no ${attribute}`);
  }
  const captions = new Set(variants.map((one) => one["CLOSED-CAPTIONS"]));
  check(captions.size <= 1, "master-captions", url, "says CLOSED-CAPTIONS of some variants only");
  const firstSound = variants.findIndex((one) => !one["RESOLUTION"]);
  const lastPicture = variants.findLastIndex((one) => one["RESOLUTION"]);
  check(
    firstSound === -1 || firstSound > lastPicture,
    "master-order",
    url,
    "has a picture after sound alone",
  );
  lintGroups(master, { check });
}

function lintGroups({ media, variants, url }: MasterPlaylist, { check }: Pick<Findings, "check">): void {
  const groups = Map.groupBy(media, (one) => `${one["TYPE"]} ${one["GROUP-ID"]}`);
  for (const [id, members] of groups) {
    const names = new Set(members.map(({ NAME }) => NAME));
    check(
      names.size === members.length && !names.has(undefined),
      "master-groups",
      url,
      `${id} repeats a name`,
    );
    const defaults = members.filter(({ DEFAULT }) => DEFAULT === "YES");
    check(defaults.length <= 1, "master-groups", url, `${id} has ${defaults.length} defaults`);
    const isChosen = defaults.every(({ AUTOSELECT }) => AUTOSELECT === "YES");
    check(isChosen, "master-groups", url, `the default of ${id} is not chosen by itself`);
    const automatic = members.filter(({ AUTOSELECT }) => AUTOSELECT === "YES");
    const purposes = new Set(automatic.map(({ LANGUAGE, FORCED }) => `${LANGUAGE} ${FORCED}`));
    check(purposes.size === automatic.length, "master-groups", url, `${id} selects two of one language`);
  }
  for (const type of ["AUDIO", "SUBTITLES"]) {
    const sets = [...groups]
      .filter(([id]) => id.startsWith(`${type} `))
      .map(([, members]) =>
        members
          .map(({ NAME, LANGUAGE }) => `${NAME} ${LANGUAGE}`)
          .toSorted()
          .join("|"),
      );
    check(new Set(sets).size <= 1, "master-groups", url, `groups of ${type} have different members`);
    const missing = variants.find((one) => one[type] && !groups.has(`${type} ${one[type]}`));
    check(!missing, "master-groups", missing?.url ?? url, `${type} ${missing?.[type]} is no group`);
    const used = new Set(variants.map((one) => `${type} ${one[type]}`));
    const idle = [...groups.keys()].find((id) => id.startsWith(`${type} `) && !used.has(id));
    check(!idle, "master-groups", url, `nothing refers to ${idle}`);
  }
}

async function lintSubtitles(
  master: MasterPlaylist,
  source: StreamSource,
  findings: Findings,
): Promise<void> {
  const { check } = findings;
  for (const { TYPE, URI } of master.media) {
    if (TYPE !== "SUBTITLES") {
      continue;
    }
    const url = new URL(URI ?? "", master.url).href;
    const bytes = await source.get(url);
    if (!check(bytes !== null && URI !== undefined, "uri-resolves", url, "is not there") || !bytes) {
      continue;
    }
    const playlist = readMedia(bytes.toString("utf8"), url);
    lintMediaText(playlist, false, { ...findings, advise: () => undefined });
    for (const segment of playlist.segments) {
      const text = await source.get(segment.url);
      const isText =
        text
          ?.toString("utf8")
          .replace(/^\uFEFF/, "")
          .startsWith("WEBVTT") === true;
      check(isText, "hls-subtitles", segment.url, "is no WebVTT file");
    }
  }
}

function lintVariant(
  variant: Attributes & { url: string },
  master: MasterPlaylist,
  tracks: Map<string, HlsTrack>,
  findings: Findings,
): void {
  const { check, advise } = findings;
  const own = tracks.get(variant.url);
  if (!own?.track) {
    return;
  }
  const companions = master.media
    .filter((one) => one["TYPE"] === "AUDIO" && one["GROUP-ID"] === variant["AUDIO"] && one["URI"])
    .map((one) => new URL(one["URI"] ?? "", master.url).href)
    .filter((url) => url !== variant.url)
    .flatMap((url) => tracks.get(url) ?? []);
  const highest = (rateOf: (one: HlsTrack) => number) => Math.max(0, ...companions.map(rateOf));
  const bandwidth = Number(variant["BANDWIDTH"]);
  const average = Number(variant["AVERAGE-BANDWIDTH"]);
  lintRate(bandwidth, peakOf(own) + highest(peakOf), "master-bandwidth", variant.url, check);
  lintRate(average, meanOf(own) + highest(meanOf), "master-average", variant.url, check);
  advise(bandwidth <= 2 * average, "apple-peak", variant.url, `peak ${bandwidth} of average ${average}`);
  const codecs = new Set([...own.track.codecs, ...companions.flatMap(({ track }) => track?.codecs ?? [])]);
  const listed = (variant["CODECS"] ?? "").split(",");
  const isSame = listed.length === codecs.size && listed.every((codec) => codecs.has(codec));
  check(isSame, "master-codecs", variant.url, `lists ${listed.join()}, has ${[...codecs].join()}`);
  lintPicture(variant, own, findings);
}

function lintPicture(
  variant: Attributes & { url: string },
  own: HlsTrack,
  { check, advise }: Findings,
): void {
  const { track, playlist } = own;
  if (!track?.hasPicture) {
    check(!variant["RESOLUTION"], "master-resolution", variant.url, "has a size and no picture");
    return;
  }
  const size = `${track.widthPx}x${track.heightPx}`;
  check(
    variant["RESOLUTION"] === size,
    "master-resolution",
    variant.url,
    `${variant["RESOLUTION"]}, is ${size}`,
  );
  const seconds = playlist.segments.reduce((sum, { durationSeconds }) => sum + durationSeconds, 0);
  const frames = track.segments.reduce((sum, { frameCount }) => sum + frameCount, 0);
  const rate = Number(variant["FRAME-RATE"]);
  advise(variant["FRAME-RATE"] !== undefined, "apple-frame-rate", variant.url, "has no FRAME-RATE");
  // One frame more or less is what rounding of the last one's length comes to.
  const isRight = variant["FRAME-RATE"] === undefined || Math.abs(rate * seconds - frames) <= 1;
  check(isRight, "master-frame-rate", variant.url, `${rate}, has ${frames} frames in ${seconds} s`);
}

function lintRate(said: number, measured: number, rule: Rule, where: string, check: Findings["check"]): void {
  const isTrue = said >= Math.floor(measured) && said <= measured * (1 + RATE_SLACK) + 2;
  check(isTrue, rule, where, `says ${said}, is ${Math.ceil(measured)}`);
}

function extentsOf({ playlist, track }: HlsTrack): { seconds: number; bytes: number }[] {
  return playlist.segments.map(({ durationSeconds }, index) => ({
    seconds: durationSeconds,
    bytes: track?.segments[index]?.sizeBytes ?? 0,
  }));
}

const peakOf = (one: HlsTrack) => peakRate(extentsOf(one), one.playlist.targetDuration ?? 6);
const meanOf = (one: HlsTrack) => meanRate(extentsOf(one));

/** Variants of one frame rate begin their segments at the same times. */
function lintAlignment(
  { variants }: MasterPlaylist,
  tracks: Map<string, HlsTrack>,
  isOpen: boolean,
  { check }: Findings,
): void {
  const byRate = Map.groupBy(
    variants.filter((one) => one["RESOLUTION"]),
    (one) => one["FRAME-RATE"] ?? "",
  );
  for (const group of byRate.values()) {
    const [reference, ...others] = group.map(({ url }) => ({ url, starts: startsOf(tracks.get(url)) }));
    for (const { url, starts } of others) {
      const expected = reference?.starts ?? [];
      const common = isOpen ? Math.min(starts.length, expected.length) : expected.length;
      const isAligned =
        (isOpen || starts.length === expected.length) &&
        expected.slice(0, common).every((at, index) => Math.abs(at - (starts[index] ?? NaN)) <= SAME_SECONDS);
      check(isAligned, "variants-aligned", url, `is cut unlike ${reference?.url}`);
    }
  }
}

function startsOf(one: HlsTrack | undefined): number[] {
  return one?.track?.segments.map(({ startSeconds }) => startSeconds) ?? [];
}

async function lintIFrameStreams(
  { iFrames, variants, url, version }: MasterPlaylist,
  tracks: Map<string, HlsTrack>,
  source: StreamSource,
  findings: Findings,
): Promise<void> {
  const { check } = findings;
  const divisible = variants.filter((one) => {
    const track = tracks.get(one.url);
    // A part of a segment that is encrypted as a whole cannot be read.
    const isWhole = track?.playlist.segments.some(({ keys }) =>
      keys.some(({ METHOD }) => METHOD === "AES-128"),
    );
    return track?.track?.hasPicture && !isWhole;
  });
  const isComplete = version < 4 || iFrames.length === divisible.length;
  const counts = `${iFrames.length} I-frame playlists of ${divisible.length} pictures`;
  check(isComplete, "apple-iframes", url, counts);
  for (const stream of iFrames) {
    const listUrl = new URL(stream["URI"] ?? "", url).href;
    const bytes = await source.get(listUrl);
    if (!check(bytes !== null, "uri-resolves", listUrl, "is not there") || !bytes) {
      continue;
    }
    const playlist = readMedia(bytes.toString("utf8"), listUrl);
    lintMediaText(playlist, false, findings);
    const variant = variants.find((one) => new URL(".", one.url).href === new URL(".", listUrl).href);
    const media = variant && tracks.get(variant.url);
    if (!check(media !== undefined, "hls-iframes", listUrl, "belongs to no variant") || !media || !variant) {
      continue;
    }
    await lintIFrames(playlist, media.playlist, source, findings);
    check(stream["RESOLUTION"] === variant["RESOLUTION"], "hls-iframes", listUrl, "has another size");
    const codec = media.track?.codecs[0];
    check(stream["CODECS"] === codec, "hls-iframes", listUrl, `lists ${stream["CODECS"]}, has ${codec}`);
    const extents = playlist.segments.map(({ durationSeconds, byteRange }) => ({
      seconds: durationSeconds,
      bytes: byteRange?.length ?? 0,
    }));
    const peak = peakRate(extents, playlist.targetDuration ?? 6);
    lintRate(Number(stream["BANDWIDTH"]), peak, "master-bandwidth", listUrl, check);
  }
}
