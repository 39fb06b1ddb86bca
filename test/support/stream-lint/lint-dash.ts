/** Rules for a DASH package (ISO 23009-1, DASH-IF's interoperability points). */
import type { Findings, StreamSource } from "./finding.ts";
import { neverWaits } from "./rates.ts";
import {
  type AdaptationSet,
  childrenOf,
  type DashManifest,
  readManifest,
  type Representation,
} from "./read-manifest.ts";
import { attempt, readFragmentTrack, type TrackFacts } from "./tracks.ts";

type DashTrack = { representation: Representation; track: TrackFacts | null };
export type DashFacts = { manifest: DashManifest; tracks: DashTrack[] };

const LIVE_PROFILE = "urn:mpeg:dash:profile:isoff-live:2011";
const FULL_PROFILE = "urn:mpeg:dash:profile:full:2011";
const SWITCHING_SCHEME = "urn:mpeg:dash:adaptation-set-switching:2016";

const SYSTEMS_WITH_PSSH = [
  "urn:uuid:edef8ba9-79d6-4ace-a3c8-27dcd51d21ed",
  "urn:uuid:9a04f079-9840-4286-ab92-e65be0885f95",
];

export async function lintDash(
  url: string,
  source: StreamSource,
  findings: Findings,
): Promise<DashFacts | null> {
  const { check } = findings;
  const bytes = await source.get(url);
  if (!check(bytes !== null, "uri-resolves", url, "is not there") || bytes === null) {
    return null;
  }
  const manifest = attempt(() => readManifest(bytes.toString("utf8"), url), "mpd-readable", url, findings);
  if (manifest === null) {
    return null;
  }
  lintRoot(manifest, findings);
  const tracks: DashTrack[] = [];
  for (const set of manifest.sets) {
    const read = await lintSet(set, manifest, source, findings);
    tracks.push(...read);
  }
  lintProfile(manifest, findings);
  lintSwitching(manifest, findings);
  lintRoles(manifest, findings);
  const ends = tracks.map(({ representation }) => endOf(representation));
  const longest = Math.max(0, ...ends);
  const isDuration = Math.abs(manifest.durationSeconds - longest) <= 0.001;
  check(isDuration, "mpd-duration", url, `says ${manifest.durationSeconds} s, is ${longest} s`);
  return { manifest, tracks };
}

function endOf({ segments, timescale }: Representation): number {
  const last = segments.at(-1);
  return last ? (last.startTicks + last.durationTicks) / timescale : 0;
}

function lintRoot({ root, url, sets, minBufferSeconds }: DashManifest, { check }: Findings): void {
  const { attributes } = root;
  check(
    root.name === "MPD" && attributes["xmlns"] === "urn:mpeg:dash:schema:mpd:2011",
    "mpd-root",
    url,
    root.name,
  );
  check(attributes["type"] === "static", "mpd-root", url, `is ${attributes["type"]}`);
  check(minBufferSeconds > 0, "mpd-root", url, "has no minBufferTime");
  check(childrenOf(root, "Period").length === 1, "mpd-root", url, "does not have one period");
  const ids = sets.flatMap(({ representations }) => representations.map(({ id }) => id));
  check(
    new Set(ids).size === ids.length && !ids.includes(""),
    "mpd-ids",
    url,
    "repeats a representation's id",
  );
  const setIds = sets.map((set) => set.attributes["id"]);
  check(new Set(setIds).size === setIds.length, "mpd-ids", url, "repeats a set's id");
}

/** ISO 23009-1 §8.4.2, as DASH-IF's validator reads it: in the live profile all representations have templates. */
function lintProfile({ root, url, sets }: DashManifest, { check }: Findings): void {
  const profile = root.attributes["profiles"];
  const isTemplated = sets.every(({ representations }) =>
    representations.every(({ hasTemplate }) => hasTemplate),
  );
  const expected = isTemplated ? LIVE_PROFILE : FULL_PROFILE;
  check(profile === expected, "mpd-profile", url, `is of ${profile}, not ${expected}`);
}

/** Segments of sets between which a player may switch are aligned (ISO 23009-1 §5.3.3.5). */
function lintSwitching({ sets, url }: DashManifest, { check }: Findings): void {
  for (const set of sets) {
    const linked = childrenOf(set.node, "SupplementalProperty")
      .filter(({ attributes }) => attributes["schemeIdUri"] === SWITCHING_SCHEME)
      .flatMap(({ attributes }) => (attributes["value"] ?? "").split(","));
    for (const id of linked) {
      const other = sets.find(({ attributes }) => attributes["id"] === id);
      const isAligned = other !== undefined && cutOf(other) === cutOf(set);
      check(isAligned, "mpd-switching", url, `set ${set.attributes["id"]} is cut unlike ${id}`);
    }
  }
}

function cutOf({ representations: [first] }: AdaptationSet): string {
  return JSON.stringify([first?.timescale, timesOf(first)]);
}

async function lintSet(
  set: AdaptationSet,
  manifest: DashManifest,
  source: StreamSource,
  findings: Findings,
): Promise<DashTrack[]> {
  const { check } = findings;
  const where = `${manifest.url}#${set.attributes["id"]}`;
  const type = set.attributes["contentType"];
  const isKnown = ["video", "audio", "text", "image"].includes(type ?? "");
  check(isKnown, "mpd-set", where, `has contentType ${type}`);
  check((set.attributes["mimeType"] ?? "") !== "", "mpd-set", where, "has no mimeType");
  check(set.representations.length > 0, "mpd-set", where, "is empty");
  if (type === "text") {
    await lintText(set, where, source, findings);
    return [];
  }
  if (type === "image") {
    lintImages(set, where, findings);
    return [];
  }
  check(
    set.attributes["segmentAlignment"] === "true",
    "mpd-set",
    where,
    "does not say that segments are aligned",
  );
  check(
    set.attributes["startWithSAP"] === "1",
    "mpd-set",
    where,
    "does not say that segments start with SAP 1",
  );
  const [first] = set.representations;
  const timeline = JSON.stringify(timesOf(first));
  const isAligned = set.representations.every((one) => JSON.stringify(timesOf(one)) === timeline);
  check(isAligned, "mpd-aligned", where, "has representations with other segments");
  const scales = new Set(set.representations.map(({ timescale }) => timescale));
  check(scales.size === 1, "mpd-timescale", where, `has timescales ${[...scales].join()}`);
  if (type === "video") {
    lintPictureSet(set, where, findings);
  }
  const tracks: DashTrack[] = [];
  for (const representation of set.representations) {
    tracks.push(await lintRepresentation(representation, set, manifest, source, findings));
  }
  return tracks;
}

/** DASH-IF's guidelines (§3.2.4): a set says its largest size, and its highest rate where all rates are known. */
function lintPictureSet({ attributes, representations }: AdaptationSet, where: string, { check }: Findings) {
  for (const [most, own] of [
    ["maxWidth", "width"],
    ["maxHeight", "height"],
    ["maxFrameRate", "frameRate"],
  ] as const) {
    const values = representations.map((one) => one.attributes[own] ?? "");
    const highest = values.includes("") ? "" : values.toSorted((a, b) => valueOf(a) - valueOf(b)).at(-1);
    const said = attributes[most] ?? "";
    check(said === highest, "mpd-picture", where, `says ${most} "${said}", has ${values.join()}`);
  }
}

/** Of a number, or a fraction such as `30000/1001`. */
function valueOf(text: string): number {
  const [num = NaN, den = 1] = text.split("/").map(Number);
  return num / den;
}

function timesOf(one: Representation | undefined): number[][] {
  return (one?.segments ?? []).map(({ startTicks, durationTicks }) => [startTicks, durationTicks]);
}

async function lintRepresentation(
  representation: Representation,
  set: AdaptationSet,
  { url, minBufferSeconds }: DashManifest,
  source: StreamSource,
  findings: Findings,
): Promise<DashTrack> {
  const { check } = findings;
  const { segments, initUrl, timescale, attributes, id } = representation;
  const where = `${url}#${id}`;
  check(representation.isContinuous, "mpd-timeline", where, "has a hole or an overlap in its timeline");
  if (!check(initUrl !== null && segments.length > 0, "mpd-segments", where, "has no segments") || !initUrl) {
    return { representation, track: null };
  }
  const urls = segments.map((segment) => segment.url);
  const track = await readFragmentTrack(initUrl, urls, source, findings);
  if (!track?.init) {
    return { representation, track: null };
  }
  const { init } = track;
  check(
    init.timescale === timescale,
    "mpd-timescale",
    where,
    `${timescale}, the track has ${init.timescale}`,
  );
  segments.forEach(({ startTicks, durationTicks, url: segmentUrl }, index) => {
    const read = track.segments[index];
    const start = Math.round((read?.startSeconds ?? NaN) * init.timescale);
    const length = Math.round((read?.durationSeconds ?? NaN) * init.timescale);
    check(start === startTicks, "mpd-tfdt", segmentUrl, `begins at ${start}, is listed at ${startTicks}`);
    check(
      length === durationTicks,
      "mpd-tfdt",
      segmentUrl,
      `lasts ${length}, is listed with ${durationTicks}`,
    );
  });
  const codecs = attributes["codecs"];
  check(
    codecs === track.codecs.join(","),
    "mpd-codecs",
    where,
    `${codecs}, the track has ${track.codecs.join()}`,
  );
  const extents = track.segments.map(({ durationSeconds, sizeBytes }) => ({
    seconds: durationSeconds ?? 0,
    bytes: sizeBytes,
  }));
  const isEnough = neverWaits(extents, Number(attributes["bandwidth"]), minBufferSeconds);
  check(isEnough, "mpd-bandwidth", where, `${attributes["bandwidth"]} lets a player wait`);
  lintKind(representation, track, set, where, findings);
  lintProtection(set, track, where, findings);
  return { representation, track };
}

function lintKind(
  { attributes, node }: Representation,
  track: TrackFacts,
  set: AdaptationSet,
  where: string,
  { check }: Findings,
): void {
  const { init } = track;
  check(attributes["contentType"] === init?.kind, "mpd-set", where, `is ${init?.kind}`);
  check(attributes["mimeType"] === `${init?.kind}/mp4`, "mpd-set", where, `is ${attributes["mimeType"]}`);
  if (init?.kind === "video") {
    const size = `${attributes["width"]}x${attributes["height"]}`;
    check(size === `${track.widthPx}x${track.heightPx}`, "mpd-picture", where, `says ${size}`);
    check(attributes["sar"] === "1:1", "mpd-picture", where, `has sar ${attributes["sar"]}`);
    check(/^\d+:\d+$/.test(attributes["par"] ?? ""), "mpd-picture", where, `has par ${attributes["par"]}`);
    const frames = track.segments.reduce((sum, { frameCount }) => sum + frameCount, 0);
    const seconds = track.segments.reduce((sum, { durationSeconds }) => sum + (durationSeconds ?? 0), 0);
    const isRate =
      attributes["frameRate"] === undefined ||
      Math.abs(valueOf(attributes["frameRate"]) * seconds - frames) <= 1;
    check(
      isRate,
      "mpd-picture",
      where,
      `frameRate ${attributes["frameRate"]}, ${frames} frames in ${seconds} s`,
    );
    return;
  }
  const rate = Number(attributes["audioSamplingRate"]);
  check(rate === init?.sampleRateHz, "mpd-sound", where, `${rate} Hz, the track has ${init?.sampleRateHz}`);
  const configurations = [
    ...childrenOf(set.node, "AudioChannelConfiguration"),
    ...childrenOf(node, "AudioChannelConfiguration"),
  ];
  const channels = Number(configurations[0]?.attributes["value"]);
  check(
    channels === init?.channels,
    "mpd-sound",
    where,
    `${channels} channels, the track has ${init?.channels}`,
  );
}

function lintProtection(
  { node }: AdaptationSet,
  { init }: TrackFacts,
  where: string,
  { check }: Findings,
): void {
  const elements = childrenOf(node, "ContentProtection");
  const common = elements.find((one) => one.attributes["schemeIdUri"] === "urn:mpeg:dash:mp4protection:2011");
  if (!init?.encryption) {
    check(elements.length === 0, "mpd-protection", where, "protects clear media");
    return;
  }
  const { scheme, keyId } = init.encryption;
  const said = (common?.attributes["cenc:default_KID"] ?? "").replaceAll("-", "");
  check(common?.attributes["value"] === scheme, "mpd-protection", where, `scheme is not ${scheme}`);
  check(said === keyId, "mpd-protection", where, `default_KID ${said}, the track has ${keyId}`);
  for (const element of elements) {
    const system = element.attributes["schemeIdUri"] ?? "";
    const [pssh] = childrenOf(element, "cenc:pssh");
    const needsPssh = SYSTEMS_WITH_PSSH.includes(system);
    const box = Buffer.from(pssh?.text ?? "", "base64");
    const isBox =
      box.length >= 32 &&
      box.readUInt32BE(0) === box.length &&
      box.toString("latin1", 4, 8) === "pssh" &&
      system.replaceAll("-", "").endsWith(box.toString("hex", 12, 28));
    check(!needsPssh || isBox, "mpd-protection", where, `${system} has no pssh box of its own`);
  }
}

async function lintText(
  set: AdaptationSet,
  where: string,
  source: StreamSource,
  { check }: Findings,
): Promise<void> {
  const roles = childrenOf(set.node, "Role").map(({ attributes }) => attributes["value"]);
  const hasRole = roles.some((role) => role === "subtitle" || role === "forced-subtitle");
  check(hasRole, "mpd-role", where, `is text in the role ${roles.join()}`);
  check(set.attributes["mimeType"] === "text/vtt", "mpd-set", where, `is ${set.attributes["mimeType"]}`);
  for (const { baseUrl, attributes } of set.representations) {
    const text = baseUrl === null ? null : await source.get(baseUrl);
    const isText =
      text
        ?.toString("utf8")
        .replace(/^\uFEFF/, "")
        .startsWith("WEBVTT") === true;
    check(isText, "mpd-text", baseUrl ?? where, "is no WebVTT file");
    check(Number(attributes["bandwidth"]) > 0, "mpd-bandwidth", where, "has none");
  }
}

function lintImages(set: AdaptationSet, where: string, { check }: Findings): void {
  for (const { node, attributes } of set.representations) {
    const [grid] = childrenOf(node, "EssentialProperty");
    const isTiles = grid?.attributes["schemeIdUri"] === "http://dashif.org/guidelines/thumbnail_tile";
    const [columns = NaN, rows = NaN] = (grid?.attributes["value"] ?? "").split("x").map(Number);
    check(isTiles && columns * rows > 0, "mpd-images", where, "does not say how its tiles lie");
    const isWhole = Number(attributes["width"]) % columns === 0 && Number(attributes["height"]) % rows === 0;
    check(isWhole, "mpd-images", where, "has tiles of broken pixels");
    check(Number(attributes["bandwidth"]) > 0, "mpd-bandwidth", where, "has none");
  }
}

function lintRoles({ sets, url }: DashManifest, { check }: Findings): void {
  const sounds = sets.filter(({ attributes }) => attributes["contentType"] === "audio");
  const rolesOf = ({ node }: AdaptationSet) =>
    childrenOf(node, "Role").map(({ attributes }) => attributes["value"]);
  const without = sets.find((set) => set.attributes["contentType"] !== "image" && rolesOf(set).length === 0);
  check(!without, "mpd-role", url, `set ${without?.attributes["id"]} has none`);
  const main = new Set(
    sounds.filter((set) => rolesOf(set).includes("main")).map(({ attributes }) => attributes["lang"] ?? ""),
  );
  check(sounds.length === 0 || main.size === 1, "mpd-role", url, `${main.size} languages are the main one`);
  const isNamed = sounds.every(({ attributes }) => attributes["lang"]);
  check(isNamed, "mpd-lang", url, "has a sound and does not say its language");
}
