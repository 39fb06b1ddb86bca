/** All manifests of a stream, in the order in which they may appear. Writing them is write-package.ts's. */
import {
  type Ladder,
  manifestName,
  type PackageFormat,
  type Packages,
  type PlacedTrack,
} from "../contract/stream.ts";
import { dashManifest } from "./dash-manifest.ts";
import { I_FRAME_PLAYLIST_FILE, MEDIA_PLAYLIST_FILE } from "./file-names.ts";
import { hasMediaTags, masterPlaylist } from "./master-playlist.ts";
import {
  fragmentForm,
  FRAGMENTS_VERSION,
  iFramePlaylist,
  mediaPlaylist,
  packageTargetSeconds,
  subtitlePlaylist,
  type TrackForm,
  transportForm,
} from "./media-playlist.ts";
import type { PackageKind } from "./sound-groups.ts";

export type Manifest = {
  package: PackageKind;
  /** Relative to the package's prefix. */
  name: string;
  text: string;
  /** Of the manifest that players open; null of those that it leads to. */
  format: PackageFormat | null;
};

/**
 * Two waves: media playlists, then the manifests that name them, in the order hls, dash, hlsfmp4. A wave may be written
 * in any order. An open stream has no DASH manifest, and no I-frame playlists either: nobody seeks in it yet.
 */
export function manifests(ladder: Ladder, packages: Packages, isOpen: boolean): [Manifest[], Manifest[]] {
  const { transport, fragments, playlistName } = packages;
  const media: Manifest[] = [];
  const masters: Manifest[] = [];
  if (transport) {
    const { version } = transport;
    const toForm = (track: PlacedTrack) => transportForm(track, transport);
    const hasIFrames = hasMediaTags(version) && !isOpen;
    const targetSeconds = packageTargetSeconds(tracksOf(ladder, "transport"), isOpen);
    const form = { version, hasIFrames, targetSeconds };
    media.push(...mediaManifests(ladder, "transport", { ...form, toForm, isOpen }));
    const text = masterPlaylist(ladder, { ...form, kind: "transport" });
    masters.push({ package: "transport", name: manifestName("hls", playlistName), text, format: "hls" });
  }
  if (fragments && !isOpen) {
    const text = dashManifest(ladder, fragments);
    masters.push({ package: "fragments", name: manifestName("dash", playlistName), text, format: "dash" });
  }
  if (fragments?.hasHls) {
    const toForm = (track: PlacedTrack) => fragmentForm(track, fragments.licenses);
    const targetSeconds = packageTargetSeconds(tracksOf(ladder, "fragments"), isOpen);
    const form = { version: FRAGMENTS_VERSION, hasIFrames: !isOpen, targetSeconds };
    media.push(...mediaManifests(ladder, "fragments", { ...form, toForm, isOpen }));
    const text = masterPlaylist(ladder, { ...form, kind: "fragments" });
    masters.push({
      package: "fragments",
      name: manifestName("hlsfmp4", playlistName),
      text,
      format: "hlsfmp4",
    });
  }
  return [media, masters];
}

function tracksOf({ pictures, sounds }: Ladder, kind: PackageKind): PlacedTrack[] {
  return [...pictures, ...sounds].flatMap((one) => one[kind] ?? []);
}

type MediaForm = {
  version: number;
  toForm: (track: PlacedTrack) => TrackForm;
  hasIFrames: boolean;
  targetSeconds: number;
  isOpen: boolean;
};

function mediaManifests(ladder: Ladder, kind: PackageKind, media: MediaForm): Manifest[] {
  const written = (name: string, text: string): Manifest => ({ package: kind, name, text, format: null });
  const pictures = ladder.pictures.flatMap((picture) => picture[kind] ?? []);
  const subtitles = hasMediaTags(media.version) ? ladder.subtitles : [];
  const iFrames = media.hasIFrames
    ? pictures.map((track) => ({
        track,
        text: iFramePlaylist(track, media.toForm(track), media.targetSeconds),
      }))
    : [];
  return [
    ...tracksOf(ladder, kind).map((track) => {
      const text = mediaPlaylist(track, media.toForm(track), media);
      return written(`${track.folder}/${MEDIA_PLAYLIST_FILE}`, text);
    }),
    ...iFrames.flatMap(({ track, text }) =>
      text === null ? [] : [written(`${track.folder}/${I_FRAME_PLAYLIST_FILE}`, text)],
    ),
    ...subtitles.map(({ folder }) =>
      written(`${folder}/${MEDIA_PLAYLIST_FILE}`, subtitlePlaylist(media.version, ladder.durationSeconds)),
    ),
  ];
}
