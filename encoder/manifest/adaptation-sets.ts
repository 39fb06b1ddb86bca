/** Which tracks of a ladder are alternatives of each other in DASH: adaptation sets, whose segments have equal borders. */
import type { Rational } from "../contract/media-info.ts";
import type { Ladder, LadderPicture, LadderSound, PlacedTrack } from "../contract/stream.ts";
import { element, type XmlElement } from "./xml.ts";

export type AdaptationSet = {
  contentType: "video" | "audio";
  role: "main" | "alternate";
  label: string | null;
  attributes: XmlElement["attributes"];
  /** What comes before the protection. */
  descriptors: XmlElement[];
  representations: { track: PlacedTrack; attributes: XmlElement["attributes"] }[];
};

/** BCP 47 for a language that nobody knows: DASH-IF's guidelines want it said of every sound. */
export const UNKNOWN_LANGUAGE = "und";

/** One set per codec and cut. */
export function pictureSets({ pictures }: Ladder): AdaptationSet[] {
  const placed = pictures.flatMap((picture) => {
    const track = picture.fragments;
    return track ? [{ picture, track }] : [];
  });
  const groups = Map.groupBy(placed, ({ track }) => `${codecFamily(track)} ${cutOf(track)}`);
  return [...groups.values()].map((members) => ({
    contentType: "video",
    role: "main",
    label: null,
    attributes: pictureSetAttributes(members.map(({ picture }) => picture)),
    descriptors: [],
    representations: members.map(({ picture, track }) => ({
      track,
      attributes: {
        width: picture.widthPx,
        height: picture.heightPx,
        frameRate: picture.frameRate && rateText(picture.frameRate),
        sar: "1:1",
      },
    })),
  }));
}

/** One set per language, codec, number of channels and cut. */
export function soundSets({ sounds }: Ladder): AdaptationSet[] {
  const placed = sounds.flatMap((sound) => {
    const track = sound.fragments;
    return track ? [{ sound, track }] : [];
  });
  const hasDefault = placed.some(({ sound }) => sound.isDefault);
  const groups = Map.groupBy(placed, ({ sound: { language, name, channels }, track }) =>
    [language, name, codecFamily(track), channels, cutOf(track)].join(" "),
  );
  return [...groups.values()].map((members, index) => {
    const [first] = members;
    const isMain = hasDefault ? members.some(({ sound }) => sound.isDefault) : index === 0;
    return {
      contentType: "audio",
      role: isMain ? "main" : "alternate",
      label: first?.sound.name ?? null,
      attributes: { lang: first?.sound.language ?? UNKNOWN_LANGUAGE },
      descriptors: first ? [channelConfiguration(first.sound)] : [],
      representations: members.map(({ sound, track }) => ({
        track,
        attributes: { audioSamplingRate: sound.sampleRateHz },
      })),
    };
  });
}

function pictureSetAttributes(pictures: readonly LadderPicture[]): XmlElement["attributes"] {
  const maxWidth = Math.max(...pictures.map(({ widthPx }) => widthPx));
  const maxHeight = Math.max(...pictures.map(({ heightPx }) => heightPx));
  const divisor = greatestCommonDivisor(maxWidth, maxHeight);
  const maxFrameRate = highestRate(pictures.map(({ frameRate }) => frameRate));
  return {
    maxWidth,
    maxHeight,
    maxFrameRate: maxFrameRate && rateText(maxFrameRate),
    par: `${maxWidth / divisor}:${maxHeight / divisor}`,
  };
}

/** Null where one of them is not known. */
function highestRate(rates: readonly (Rational | null)[]): Rational | null {
  return rates.reduce(
    (highest, rate) => highest && rate && (rate.num * highest.den > highest.num * rate.den ? rate : highest),
  );
}

/** MPEG's configurations 1 to 6 have as many channels as their number; 7 and 8 are 6.1 and 7.1. */
function channelConfiguration({ channels }: LadderSound): XmlElement {
  const configuration = channels <= 6 ? channels : { 7: 11, 8: 12 }[channels];
  return element("AudioChannelConfiguration", {
    schemeIdUri: "urn:mpeg:mpegB:cicp:ChannelConfiguration",
    value: configuration ?? channels,
  });
}

function codecFamily({ codecs }: PlacedTrack): string {
  return codecs[0]?.split(".")[0] ?? "";
}

/** The borders of all segments, as a text to compare. */
function cutOf({ ticksPerSecond, startTicks, segments }: PlacedTrack): string {
  return [ticksPerSecond, startTicks, ...segments.map(({ durationTicks }) => durationTicks)].join(",");
}

function rateText({ num, den }: Rational): string {
  return den === 1 ? String(num) : `${num}/${den}`;
}

function greatestCommonDivisor(one: number, other: number): number {
  return other === 0 ? one : greatestCommonDivisor(other, one % other);
}
