/**
 * What others read from a package, against what the linter reads: m3u8-parser, hls-parser and mpd-parser of manifests,
 * mp4box and mux.js of media. They are other people's eyes; a difference is somebody's mistake.
 */
import { pathToFileURL } from "node:url";
import * as hlsParser from "hls-parser";
import { Parser } from "m3u8-parser";
import { createFile, MP4BoxBuffer } from "mp4box";
import { parse as parseMpd } from "mpd-parser";
import muxProbe from "mux.js/cjs/mp4/probe.js";
import muxInspector from "mux.js/cjs/tools/ts-inspector.js";
import { collectFindings, type Finding, type Findings, remember, type StreamSource } from "./finding.ts";
import type { HlsTrack } from "./lint-hls.ts";
import { packageSource } from "./lint-package.ts";
import { lintStream, type LintResult } from "./lint-stream.ts";
import type { MediaPlaylist } from "./read-playlist.ts";
import { segmentBytes, type TrackFacts } from "./tracks.ts";

type Check = Findings["check"];

/** Every difference between the readers. */
export async function agreeWithParsers(manifestPath: string): Promise<Finding[]> {
  const source = remember(packageSource());
  const url = pathToFileURL(manifestPath).href;
  const isDash = url.endsWith(".mpd");
  const read = await lintStream(isDash ? { dash: url } : { hls: url }, source);
  const findings = collectFindings();
  await (isDash ? compareDash(read, source, findings) : compareHls(read, source, findings));
  return findings.list;
}

async function compareHls(read: LintResult, source: StreamSource, findings: Findings): Promise<void> {
  const { check } = findings;
  const { hls } = read;
  if (!check(hls !== null && hls.tracks.size > 0, "readable", "master", "the linter reads nothing") || !hls) {
    return;
  }
  compareMaster(hls.master.text, hls.master.variants, hls.master.url, check);
  for (const [url, one] of hls.tracks) {
    comparePlaylist(one.playlist, check);
    check(one.track !== null, "readable", url, "the linter reads no media");
    if (one.track?.kind === "transport") {
      await compareTransport(one, one.track, source, findings);
    } else if (one.track) {
      const [first] = one.playlist.segments;
      await compareFragments(first?.mapUrl ?? "", one.track, source, check);
    }
  }
}

type Variant = Record<string, string> & { url: string };

function compareMaster(text: string, variants: readonly Variant[], url: string, check: Check): void {
  const other = hlsParser.parse(text);
  const own = variants.map(
    (one) => `${Number(one["BANDWIDTH"])} ${one["CODECS"]} ${one["RESOLUTION"] ?? ""} ${one.url}`,
  );
  if (other.isMasterPlaylist) {
    const theirs = other.variants.map(
      ({ bandwidth, codecs, resolution, uri }) =>
        `${bandwidth} ${codecs} ${resolution ? `${resolution.width}x${resolution.height}` : ""} ${new URL(uri, url).href}`,
    );
    const listed = own.filter((line) => !theirs.includes(line));
    check(listed.length === 0, "hls-parser", url, `${listed.join("; ")} against ${theirs.join("; ")}`);
  }
  check(other.isMasterPlaylist, "hls-parser", url, "is read as a media playlist");
  const playlists = parseM3u8(text).playlists ?? [];
  const seen = playlists.map(
    ({ uri, attributes: { BANDWIDTH, CODECS, RESOLUTION } }) =>
      `${BANDWIDTH} ${CODECS} ${RESOLUTION ? `${RESOLUTION.width}x${RESOLUTION.height}` : ""} ${new URL(uri, url).href}`,
  );
  check(
    seen.join("\n") === own.join("\n"),
    "m3u8-parser",
    url,
    `${seen.join("; ")} against ${own.join("; ")}`,
  );
}

function parseM3u8(text: string): Parser["manifest"] {
  const parser = new Parser();
  parser.push(text);
  parser.end();
  return parser.manifest;
}

function comparePlaylist({ text, url, segments, targetDuration, hasEnd }: MediaPlaylist, check: Check): void {
  const own = segments.map(({ url, durationSeconds }) => `${url} ${durationSeconds}`).join("\n");
  const theirs = hlsParser.parse(text);
  if (theirs.isMasterPlaylist) {
    check(false, "hls-parser", url, "is read as a master playlist");
  } else {
    const seen = theirs.segments.map((one) => `${new URL(one.uri, url).href} ${one.duration}`).join("\n");
    check(seen === own, "hls-parser", url, "has other segments");
    check(theirs.endlist === hasEnd, "hls-parser", url, "ends otherwise");
    check(theirs.targetDuration === targetDuration, "hls-parser", url, `target ${theirs.targetDuration}`);
  }
  const manifest = parseM3u8(text);
  const seen = manifest.segments.map((one) => `${new URL(one.uri, url).href} ${one.duration}`).join("\n");
  check(seen === own, "m3u8-parser", url, "has other segments");
  check(manifest.targetDuration === targetDuration, "m3u8-parser", url, `target ${manifest.targetDuration}`);
  check(manifest.discontinuityStarts.length === 0, "m3u8-parser", url, "has discontinuities");
}

/** mux.js finds the same first times in every segment. */
async function compareTransport(
  { playlist }: HlsTrack,
  track: TrackFacts,
  source: StreamSource,
  findings: Findings,
): Promise<void> {
  for (const [index, segment] of playlist.segments.entries()) {
    const bytes = await segmentBytes(segment, source, findings, playlist.url);
    const seen = bytes === null ? null : muxInspector.inspect(bytes);
    const [first] = (track.hasPicture ? seen?.video : seen?.audio) ?? [];
    const start = track.segments[index]?.startSeconds ?? NaN;
    // It looks at the H.264 of a transport stream and does not know HEVC.
    const isReadable = !track.codecs[0]?.startsWith("hvc1");
    const isSame = first !== undefined && Math.abs(first.ptsTime - start) <= 0.0001;
    findings.check(!isReadable || isSame, "mux.js", segment.url, `${first?.ptsTime} s against ${start} s`);
  }
}

/** mp4box and mux.js agree on the codec, the clock, and where every segment begins and how many samples it has. */
async function compareFragments(
  initUrl: string,
  { init, segments, codecs }: TrackFacts,
  source: StreamSource,
  check: Check,
): Promise<void> {
  const initBytes = await source.get(initUrl);
  if (
    !check(initBytes !== null && init !== null, "readable", initUrl, "is not there") ||
    !initBytes ||
    !init
  ) {
    return;
  }
  const [muxTrack] = muxProbe.tracks(initBytes);
  check(muxTrack?.timescale === init.timescale, "mux.js", initUrl, `clock of ${muxTrack?.timescale}`);
  const timescales = muxProbe.timescale(initBytes);
  const file = createFile();
  let at = appendTo(file, initBytes, 0);
  const info = file.getInfo();
  const [track] = info.tracks;
  check(info.tracks.length === 1 && info.isFragmented, "mp4box", initUrl, `${info.tracks.length} tracks`);
  const isEncrypted = init.encryption !== null;
  const isCodec = isEncrypted || track?.codec.toLowerCase() === codecs[0]?.toLowerCase();
  check(isCodec, "mp4box", initUrl, `${track?.codec} against ${codecs[0]}`);
  let sampleCount = 0;
  for (const { url, startSeconds, frameCount } of segments) {
    const bytes = (await source.get(url)) ?? Buffer.alloc(0);
    const startTicks = Math.round(startSeconds * init.timescale);
    const muxSeconds = muxProbe.startTime(timescales, bytes);
    check(
      Math.abs(muxSeconds - startSeconds) < 1e-6,
      "mux.js",
      url,
      `begins at ${muxSeconds} s, not ${startSeconds}`,
    );
    at = appendTo(file, bytes, at);
    const samples = file.getTrackById(track?.id ?? 1).samples;
    const first = samples[sampleCount];
    check(first?.dts === startTicks, "mp4box", url, `begins at ${first?.dts}, not ${startTicks}`);
    check(first?.is_sync === true, "mp4box", url, "begins with no sync sample");
    const added = samples.length - sampleCount;
    check(added === frameCount, "mp4box", url, `has ${added} samples, not ${frameCount}`);
    sampleCount = samples.length;
  }
}

function appendTo(file: ReturnType<typeof createFile>, bytes: Buffer, at: number): number {
  const copy = Uint8Array.from(bytes).buffer;
  file.appendBuffer(MP4BoxBuffer.fromArrayBuffer(copy, at));
  return at + bytes.length;
}

async function compareDash(read: LintResult, source: StreamSource, { check }: Findings): Promise<void> {
  const { dash } = read;
  if (
    !check(dash !== null && dash.tracks.length > 0, "readable", "mpd", "the linter reads nothing") ||
    !dash
  ) {
    return;
  }
  const { url, durationSeconds } = dash.manifest;
  const text = (await source.get(url))?.toString("utf8") ?? "";
  const parsed = parseMpd(text, { manifestUri: url });
  const isSameLength = Math.abs(parsed.duration - durationSeconds) < 1e-6;
  check(isSameLength, "mpd-parser", url, `lasts ${parsed.duration} s`);
  const sounds = Object.values(parsed.mediaGroups.AUDIO).flatMap((group) =>
    Object.values(group).flatMap(({ playlists }) => playlists),
  );
  const playlists = new Map(
    [...parsed.playlists, ...sounds].map((one) => [one.segments[0]?.resolvedUri ?? "", one]),
  );
  for (const { representation, track } of dash.tracks) {
    const { segments, timescale, id, attributes, initUrl } = representation;
    const other = playlists.get(segments[0]?.url ?? "");
    const own = segments.map((one) => `${one.url} ${(one.durationTicks / timescale).toFixed(6)}`);
    const theirs = other?.segments.map(
      ({ resolvedUri, duration }) => `${resolvedUri} ${duration.toFixed(6)}`,
    );
    check(theirs?.join("\n") === own.join("\n"), "mpd-parser", `${url}#${id}`, "has other segments");
    const isSame =
      other?.attributes.CODECS === attributes["codecs"] &&
      other?.attributes.BANDWIDTH === Number(attributes["bandwidth"]) &&
      other?.segments[0]?.map?.resolvedUri === initUrl;
    check(isSame, "mpd-parser", `${url}#${id}`, JSON.stringify(other?.attributes));
    if (check(track !== null, "readable", id, "the linter reads no media") && track) {
      await compareFragments(initUrl ?? "", track, source, check);
    }
  }
}
