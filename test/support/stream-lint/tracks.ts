/** Segments of a track as they are, read from their bytes: the common ground of the rules for HLS and for DASH. */
import { createDecipheriv } from "node:crypto";
import type { Findings, Rule, StreamSource } from "./finding.ts";
import { type InitFacts, readFragment, readInit } from "./read-boxes.ts";
import type { PlaylistSegment } from "./read-playlist.ts";
import {
  type ElementaryStream,
  isKeyframe,
  nalTypesOf,
  pictureOf,
  readTransport,
  soundOf,
  type TransportFacts,
} from "./read-transport.ts";

const TS_TICKS = 90_000;

/** One segment in seconds on its own clock. */
type SegmentFacts = {
  url: string;
  sizeBytes: number;
  startSeconds: number;
  /** Null of a transport stream, where only the next segment says it. */
  durationSeconds: number | null;
  frameCount: number;
  beginsWithKeyframe: boolean;
};

export type TrackFacts = {
  kind: "transport" | "fragments";
  codecs: string[];
  hasPicture: boolean;
  widthPx: number;
  heightPx: number;
  init: InitFacts | null;
  segments: SegmentFacts[];
};

/** Reads a transport stream's segments; null when the first rule of reading them fails. */
export async function readTransportTrack(
  { url: playlistUrl, segments }: { url: string; segments: readonly PlaylistSegment[] },
  source: StreamSource,
  findings: Findings,
): Promise<TrackFacts | null> {
  const read: SegmentFacts[] = [];
  let before: TransportFacts | null = null;
  let picture: { codec: string; widthPx: number; heightPx: number } | null = null;
  let codecs: string[] = [];
  for (const segment of segments) {
    const bytes = await segmentBytes(segment, source, findings, playlistUrl);
    const facts = bytes && attempt(() => readTransport(bytes), "ts-readable", segment.url, findings);
    if (!bytes || !facts) {
      return null;
    }
    lintTransport(facts, before, segment.url, findings);
    before = facts;
    const video = facts.streams.find(({ codec }) => codec !== "aac");
    const sound = facts.streams.find(({ codec }) => codec === "aac");
    picture = (video && pictureOf(video)) ?? picture;
    const heard = sound ? attempt(() => soundOf(sound), "ts-sound", segment.url, findings) : null;
    codecs = [...(picture ? [picture.codec] : []), ...(heard ? [heard.codec] : [])];
    const main = video ?? sound;
    read.push({
      url: segment.url,
      sizeBytes: (await source.get(segment.url))?.length ?? 0,
      startSeconds: Math.min(...(main?.units ?? []).map(({ ptsTicks }) => ptsTicks)) / TS_TICKS,
      durationSeconds: null,
      frameCount: main?.units.length ?? 0,
      beginsWithKeyframe: video ? isRandomAccess(video) : true,
    });
  }
  const { widthPx = 0, heightPx = 0 } = picture ?? {};
  return {
    kind: "transport",
    codecs,
    hasPicture: picture !== null,
    widthPx,
    heightPx,
    init: null,
    segments: read,
  };
}

function isRandomAccess(video: ElementaryStream): boolean {
  const [first] = video.units;
  return first !== undefined && isKeyframe(video.codec, nalTypesOf(video, first));
}

function lintTransport(
  facts: TransportFacts,
  before: TransportFacts | null,
  where: string,
  { check }: Findings,
): void {
  check(facts.beginsWithTables, "ts-tables", where, "does not begin with PAT and PMT");
  check(facts.hasClock, "ts-clock", where, "has no PCR");
  check(
    facts.brokenPids.length === 0,
    "ts-continuity",
    where,
    `PIDs ${facts.brokenPids.join()} skip counters`,
  );
  for (const { pid, units, codec } of facts.streams) {
    check(units.length > 0, "ts-media", where, `PID ${pid} (${codec}) is empty`);
    const dts = units.map(({ dtsTicks }) => dtsTicks);
    const isRising = dts.every((ticks, index) => index === 0 || ticks > (dts[index - 1] ?? 0));
    check(isRising, "ts-order", where, `decode times of PID ${pid} do not rise`);
    const last = before?.streams.find((stream) => stream.pid === pid)?.units.at(-1);
    check(!last || last.dtsTicks < (dts[0] ?? 0), "ts-order", where, `PID ${pid} goes back in time`);
  }
  for (const [pid, { first, isNew }] of facts.counters) {
    const last = before?.counters.get(pid)?.last;
    const follows = last === undefined || isNew || first === (last + 1) % 16;
    check(follows, "ts-continuity", where, `PID ${pid} goes from ${last} to ${first} without a sign`);
  }
}

/** Bytes of a segment in the clear. */
export async function segmentBytes(
  { url, keys }: Pick<PlaylistSegment, "url" | "keys">,
  source: StreamSource,
  { check }: Findings,
  playlistUrl: string,
): Promise<Buffer | null> {
  const bytes = await source.get(url);
  if (!check(bytes !== null, "uri-resolves", url, "is not there") || bytes === null) {
    return null;
  }
  const key = keys.find(({ METHOD }) => METHOD === "AES-128");
  if (!key) {
    return bytes;
  }
  const keyBytes = await source.get(new URL(key["URI"] ?? "", playlistUrl).href);
  const iv = Buffer.from((key["IV"] ?? "").replace(/^0x/i, ""), "hex");
  const isUsable =
    check(keyBytes?.length === 16, "hls-key", url, `key ${key["URI"]} is not there with 16 bytes`) &&
    check(iv.length === 16, "hls-key", url, `the IV is ${key["IV"]}`);
  if (!isUsable || !keyBytes) {
    return null;
  }
  try {
    const decipher = createDecipheriv("aes-128-cbc", keyBytes, iv);
    return Buffer.concat([decipher.update(bytes), decipher.final()]);
  } catch {
    check(false, "hls-key", url, "cannot be decrypted");
    return null;
  }
}

/** Reads segments of fragmented MP4. */
export async function readFragmentTrack(
  initUrl: string,
  urls: readonly string[],
  source: StreamSource,
  findings: Findings,
): Promise<TrackFacts | null> {
  const { check } = findings;
  const initBytes = await source.get(initUrl);
  if (!check(initBytes !== null, "uri-resolves", initUrl, "is not there") || initBytes === null) {
    return null;
  }
  const init = attempt(() => readInit(initBytes), "mp4-readable", initUrl, findings);
  if (init === null) {
    return null;
  }
  check(!init.hasEdits, "mp4-edits", initUrl, "has an edit list");
  const segments: SegmentFacts[] = [];
  let expectedTicks: number | null = null;
  for (const url of urls) {
    const bytes = await source.get(url);
    if (!check(bytes !== null, "uri-resolves", url, "is not there") || bytes === null) {
      return null;
    }
    const fragment = attempt(() => readFragment(bytes, init), "mp4-readable", url, findings);
    if (fragment === null) {
      return null;
    }
    const { decodeTicks, samples, earliestTicks, durationTicks } = fragment;
    const follows = expectedTicks === null || decodeTicks === expectedTicks;
    check(follows, "mp4-continuous", url, `begins at ${decodeTicks} and not at ${expectedTicks}`);
    check(
      earliestTicks === decodeTicks,
      "mp4-earliest",
      url,
      `shows from ${earliestTicks}, not ${decodeTicks}`,
    );
    const [first, ...others] = samples;
    check(first?.isSync === true, "segment-keyframe", url, "begins with no sync sample");
    const hasOneKeyframe = init.kind === "audio" || !others.some(({ isSync }) => isSync);
    check(hasOneKeyframe, "segment-gop", url, "has a second keyframe");
    const types = fragment.firstNalTypes;
    const isIdr = types.length === 0 || isKeyframe(init.codec, types);
    check(isIdr, "segment-keyframe", url, `begins with NAL units ${types.join()}`);
    check(
      init.encryption !== null || !fragment.hasEncryptedSamples,
      "mp4-encryption",
      url,
      "has encrypted samples of a clear track",
    );
    expectedTicks = decodeTicks + durationTicks;
    segments.push({
      url,
      sizeBytes: bytes.length,
      startSeconds: earliestTicks / init.timescale,
      durationSeconds: durationTicks / init.timescale,
      frameCount: samples.length,
      beginsWithKeyframe: first?.isSync === true && isIdr,
    });
  }
  return {
    kind: "fragments",
    codecs: [init.codec],
    hasPicture: init.kind === "video",
    widthPx: init.picture?.widthPx ?? init.widthPx,
    heightPx: init.picture?.heightPx ?? init.heightPx,
    init,
    segments,
  };
}

/** Runs a reader; what it throws is a finding. */
export function attempt<Value>(
  read: () => Value,
  rule: Rule,
  where: string,
  { check }: Findings,
): Value | null {
  try {
    return read();
  } catch (error) {
    check(false, rule, where, error instanceof Error ? error.message : String(error));
    return null;
  }
}
