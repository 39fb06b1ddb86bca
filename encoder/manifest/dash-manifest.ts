/** The manifest of a DASH package (ISO 23009-1): one period over the fragmented MP4 of a ladder. */
import {
  SUBTITLE_FILE,
  type Ladder,
  type LadderSubtitle,
  type Licenses,
  type Tiles,
} from "../contract/stream.ts";
import { type AdaptationSet, pictureSets, soundSets, UNKNOWN_LANGUAGE } from "./adaptation-sets.ts";
import { sustainingBitrate } from "./bitrates.ts";
import { contentProtection, PROTECTION_NAMESPACES } from "./content-protection.ts";
import { FRAGMENT_FILE_TEMPLATE, INIT_FILE } from "./file-names.ts";
import { endSeconds, segmentExtents, segmentStarts } from "./track-times.ts";
import { element, xmlDocument, type XmlElement } from "./xml.ts";

const ROLE_SCHEME = "urn:mpeg:dash:role:2011";

/** Every representation has a template of its segments (ISO 23009-1 §8.4.2). */
const LIVE_PROFILE = "urn:mpeg:dash:profile:isoff-live:2011";

/** Any representation, so also a text that is one file: not all players can show WebVTT in templated segments. */
const FULL_PROFILE = "urn:mpeg:dash:profile:full:2011";

/** A rate has to be said of every representation. A page of text is small, and nobody chooses by it. */
const TEXT_BITRATE_BPS = 1_000;

/** The text of the manifest. `licenses` is null for media in the clear. */
export function dashManifest(
  ladder: Ladder,
  { licenses, tiles }: { licenses: Licenses | null; tiles: Tiles | null },
): string {
  const sets = [...pictureSets(ladder), ...soundSets(ladder)];
  const tracks = sets.flatMap(({ representations }) => representations.map(({ track }) => track));
  const durationSeconds = Math.max(0, ...tracks.map(endSeconds));
  const bufferSeconds = tracks
    .flatMap(segmentExtents)
    .reduce((longest, extent) => Math.max(longest, extent.durationSeconds), 1);
  const media = sets.map((set, index) => mediaSet(set, { id: index, bufferSeconds, licenses }));
  const texts = ladder.subtitles.map((subtitle, index) => textSet(subtitle, sets.length + index));
  const images = tiles === null ? [] : [imageSet(tiles, sets.length + texts.length)];
  const period = element("Period", { id: "0", start: "PT0S" }, [...media, ...texts, ...images]);
  const attributes = {
    xmlns: "urn:mpeg:dash:schema:mpd:2011",
    ...(licenses ? PROTECTION_NAMESPACES : {}),
    profiles: texts.length > 0 ? FULL_PROFILE : LIVE_PROFILE,
    type: "static",
    mediaPresentationDuration: durationText(durationSeconds),
    minBufferTime: durationText(bufferSeconds),
  };
  return xmlDocument(element("MPD", attributes, [period]));
}

/** ISO 8601, to the microsecond and never short of it. */
function durationText(seconds: number): string {
  const microseconds = Math.ceil(Math.round(seconds * 1e9) / 1e3);
  return `PT${(microseconds / 1e6).toFixed(6).replace(/\.?0+$/, "")}S`;
}

type SetContext = { id: number; bufferSeconds: number; licenses: Licenses | null };

function mediaSet(set: AdaptationSet, context: SetContext): XmlElement {
  const attributes = {
    id: context.id,
    contentType: set.contentType,
    mimeType: set.contentType === "video" ? "video/mp4" : "audio/mp4",
    ...set.attributes,
    segmentAlignment: true,
    startWithSAP: 1,
  };
  return element("AdaptationSet", attributes, [
    ...set.descriptors,
    ...(context.licenses ? contentProtection(context.licenses) : []),
    ...(set.label === null ? [] : [element("Label", {}, set.label)]),
    roleElement(set.role),
    segmentTemplate(set),
    ...set.representations.map(({ track, attributes }) =>
      element("Representation", {
        // The template makes it the folder's name.
        id: track.folder,
        codecs: track.codecs.join(","),
        ...attributes,
        bandwidth: sustainingBitrate(segmentExtents(track), context.bufferSeconds),
      }),
    ),
  ]);
}

/** All representations of a set have the same segments. */
function segmentTemplate({ representations }: AdaptationSet): XmlElement {
  const [{ track } = { track: null }] = representations;
  const attributes = {
    timescale: track?.ticksPerSecond ?? 1,
    initialization: `$RepresentationID$/${INIT_FILE}`,
    media: `$RepresentationID$/${FRAGMENT_FILE_TEMPLATE}`,
  };
  const runs: { t: number; d: number; r: number }[] = [];
  const starts = track ? segmentStarts(track) : [];
  starts.forEach((t, index) => {
    const d = track?.segments[index]?.durationTicks ?? 0;
    const last = runs.at(-1);
    if (last?.d === d) {
      last.r += 1;
    } else {
      runs.push({ t, d, r: 0 });
    }
  });
  // Only the first needs a start: each run begins where the one before ends.
  const elements = runs.map(({ t, d, r }, index) =>
    element("S", { t: index === 0 ? t : null, d, r: r === 0 ? null : r }),
  );
  return element("SegmentTemplate", attributes, [element("SegmentTimeline", {}, elements)]);
}

function textSet({ language, name, isDefault, isForced, folder }: LadderSubtitle, id: number): XmlElement {
  const attributes = { id, contentType: "text", mimeType: "text/vtt", lang: language ?? UNKNOWN_LANGUAGE };
  return element("AdaptationSet", attributes, [
    element("Label", {}, name),
    roleElement(isForced ? "forced-subtitle" : "subtitle"),
    ...(isDefault ? [roleElement("main")] : []),
    element("Representation", { id: folder, bandwidth: TEXT_BITRATE_BPS }, [
      element("BaseURL", {}, `${folder}/${SUBTITLE_FILE}`),
    ]),
  ]);
}

function imageSet(tiles: Tiles, id: number): XmlElement {
  const { columns, rowsPerFile, tileWidthPx, tileHeightPx, secondsPerTile } = tiles;
  const secondsPerFile = columns * rowsPerFile * secondsPerTile;
  const widthPx = columns * tileWidthPx;
  const heightPx = rowsPerFile * tileHeightPx;
  const tileGrid = element("EssentialProperty", {
    schemeIdUri: "http://dashif.org/guidelines/thumbnail_tile",
    value: `${columns}x${rowsPerFile}`,
  });
  const representation = {
    id: "thumbnails",
    // A byte to a pixel: more than any picture here takes, and it is an upper limit.
    bandwidth: Math.ceil((8 * widthPx * heightPx) / secondsPerFile),
    width: widthPx,
    height: heightPx,
  };
  return element("AdaptationSet", { id, contentType: "image", mimeType: tiles.mimeType }, [
    element("SegmentTemplate", {
      media: tiles.template,
      timescale: 1_000,
      duration: Math.round(secondsPerFile * 1_000),
      startNumber: tiles.startNumber,
    }),
    element("Representation", representation, [tileGrid]),
  ]);
}

function roleElement(value: string): XmlElement {
  return element("Role", { schemeIdUri: ROLE_SCHEME, value });
}
