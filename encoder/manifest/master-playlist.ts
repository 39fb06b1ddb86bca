/** The master playlist of an HLS package (RFC 8216 §4.3.4). */
import type { Rational } from "../contract/media-info.ts";
import {
  FIRST_HLS_VERSION_WITH_RENDITIONS,
  type Ladder,
  type LadderPicture,
  type PlacedTrack,
} from "../contract/stream.ts";
import { attributeList, type AttributeValue } from "./attribute-list.ts";
import { averageBitrate, peakBitrate } from "./bitrates.ts";
import { I_FRAME_PLAYLIST_FILE, MEDIA_PLAYLIST_FILE } from "./file-names.ts";
import { type PackageKind, type SoundGroup, soundGroups } from "./sound-groups.ts";
import { soundTags, SUBTITLE_GROUP, subtitleTags } from "./rendition-tags.ts";
import { keyframeExtents, segmentExtents } from "./track-times.ts";

type MasterForm = {
  kind: PackageKind;
  version: number;
  hasIFrames: boolean;
  /** Of the media playlists: peak rates are counted over times of about this length. */
  targetSeconds: number;
};

/** The text of the playlist: pictures in the ladder's order, then rungs of sound alone. */
export function masterPlaylist(ladder: Ladder, form: MasterForm): string {
  const hasRenditions = hasMediaTags(form.version);
  const findGroup = soundGroups(ladder, form.kind);
  const groupOf = (index: number | null) => (index === null || !hasRenditions ? null : findGroup(index));
  const subtitles = hasRenditions ? ladder.subtitles : [];
  const variants = [...pictureVariants(ladder, form.kind), ...soundVariants(ladder, form.kind)].map(
    (one) => ({
      ...one,
      group: one.picture || isChoice(groupOf(one.soundIndex)) ? groupOf(one.soundIndex) : null,
    }),
  );
  const groups = new Set(variants.flatMap(({ group }) => group ?? []));
  const iFrames = hasRenditions && form.hasIFrames ? variants.flatMap((one) => iFrameTag(one, form)) : [];
  return [
    "#EXTM3U",
    `#EXT-X-VERSION:${form.version}`,
    "#EXT-X-INDEPENDENT-SEGMENTS",
    ...[...groups].flatMap(soundTags),
    ...subtitleTags(subtitles),
    ...variants.flatMap((variant) => variantLines(variant, form, subtitles.length > 0)),
    ...iFrames,
    "",
  ].join("\n");
}

/** True where a playlist of this version may list alternatives and keyframes. */
export function hasMediaTags(version: number): boolean {
  return version >= FIRST_HLS_VERSION_WITH_RENDITIONS;
}

type Variant = {
  track: PlacedTrack;
  /** Null for sound alone. */
  picture: LadderPicture | null;
  soundIndex: number | null;
};
type GroupedVariant = Variant & { group: SoundGroup | null };

function pictureVariants({ pictures }: Ladder, kind: PackageKind): Variant[] {
  return pictures.flatMap((picture) => {
    const track = picture[kind];
    return track ? [{ track, picture, soundIndex: picture.sound }] : [];
  });
}

/** Rungs of sound alone; where there is no picture at all, every stream still needs a variant to begin with. */
function soundVariants(ladder: Ladder, kind: PackageKind): Variant[] {
  const placed = ladder.sounds.flatMap((sound, soundIndex) => {
    const track = sound[kind];
    return track ? [{ track, picture: null, soundIndex, sound }] : [];
  });
  const rungs = placed.filter(({ sound }) => sound.isRung);
  if (rungs.length > 0 || pictureVariants(ladder, kind).length > 0) {
    return rungs;
  }
  const defaults = placed.filter(({ sound }) => sound.isDefault);
  return defaults.length > 0 ? defaults : placed.slice(0, 1);
}

/** A sound alone needs no group of itself. */
function isChoice(group: SoundGroup | null): boolean {
  return (group?.members.length ?? 0) > 1;
}

function variantLines(
  { track, picture, group }: GroupedVariant,
  { targetSeconds }: MasterForm,
  hasSubtitles: boolean,
): string[] {
  const companions = companionsOf(group, track);
  const trackPeak = (one: PlacedTrack) => peakBitrate(segmentExtents(one), targetSeconds);
  const rates = { peak: trackPeak(track), average: averageBitrate(segmentExtents(track)) };
  const codecs = new Set([...track.codecs, ...companions.flatMap(({ codecs }) => codecs)]);
  const attributes = attributeList({
    // Of the most demanding combination that can be played.
    BANDWIDTH: rates.peak + largest(companions.map(trackPeak)),
    "AVERAGE-BANDWIDTH":
      rates.average + largest(companions.map((one) => averageBitrate(segmentExtents(one)))),
    CODECS: [...codecs].join(","),
    ...pictureAttributes(picture),
    "FRAME-RATE": picture?.frameRate ? { bare: rateText(picture.frameRate) } : null,
    AUDIO: group?.id ?? null,
    SUBTITLES: hasSubtitles ? SUBTITLE_GROUP : null,
    "CLOSED-CAPTIONS": { bare: "NONE" },
  });
  return [`#EXT-X-STREAM-INF:${attributes}`, `${track.folder}/${MEDIA_PLAYLIST_FILE}`];
}

/** What is played beside the variant's own segments. */
function companionsOf(group: SoundGroup | null, own: PlacedTrack): PlacedTrack[] {
  return (group?.members ?? []).flatMap(({ track }) => (track && track.folder !== own.folder ? [track] : []));
}

function iFrameTag({ track, picture }: Variant, { targetSeconds }: MasterForm): string[] {
  const extents = keyframeExtents(track);
  if (picture === null || extents === null) {
    return [];
  }
  const attributes = attributeList({
    BANDWIDTH: peakBitrate(extents, targetSeconds),
    "AVERAGE-BANDWIDTH": averageBitrate(extents),
    CODECS: track.codecs[0] ?? null,
    ...pictureAttributes(picture),
    URI: `${track.folder}/${I_FRAME_PLAYLIST_FILE}`,
  });
  return [`#EXT-X-I-FRAME-STREAM-INF:${attributes}`];
}

function pictureAttributes(picture: LadderPicture | null): Record<string, AttributeValue> {
  if (picture === null) {
    return {};
  }
  return { RESOLUTION: { bare: `${picture.widthPx}x${picture.heightPx}` } };
}

function rateText({ num, den }: Rational): string {
  return (num / den).toFixed(3);
}

function largest(rates: readonly number[]): number {
  return Math.max(0, ...rates);
}
