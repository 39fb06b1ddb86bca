/**
 * Adaptive streams on the wire: what a segment task publishes of a track, how media is encrypted, and the ladder that
 * manifests are written from. All times are on the output's clock, which starts at zero.
 */
import { z } from "zod";
import { rationalSchema } from "./media-info.ts";
import { objectStoreSchema } from "./object-store.ts";

/**
 * Wanted length of a segment: Apple's authoring guide asks for six seconds, and Coconut's packager cuts so. Every
 * picture has a keyframe at the first frame at or after each multiple, and nowhere else.
 */
export const SEGMENT_SECONDS = 6;

/** Transport streams have no times below zero, and B-frames are stored before they are shown. */
export const TRANSPORT_OFFSET_SECONDS = 10;

/** The clock of transport streams (ISO 13818-1). */
export const TRANSPORT_TICKS_PER_SECOND = 90_000;

/** Name of the WebVTT file in the folder of a text track. */
export const SUBTITLE_FILE = "subtitles.vtt";

/** Versions of HLS that a package over MPEG-TS can be written for (RFC 8216 §7). */
export const HLS_VERSIONS = [3, 4, 5, 6, 7] as const;

/** The first of them with EXT-X-MEDIA, so with sounds and subtitles beside the variants, and with I-frame playlists. */
export const FIRST_HLS_VERSION_WITH_RENDITIONS = 4;

/** A folder of a package, relative to its manifest, without slashes at its ends, such as `media-1`. */
const folderSchema = z.string().regex(/^[A-Za-z0-9._/-]+$/);

/** Where the media of a package goes: a store, and the key prefix of the package without a trailing slash. */
const placeSchema = z.object({ store: objectStoreSchema, prefix: z.string() });

/** Consecutive segments of one track. Each starts where the one before ends. */
const segmentListSchema = z.object({
  /** Ticks per second of the times here: the track's own clock. */
  ticksPerSecond: z.int().positive(),
  /** When the first one is shown. */
  startTicks: z.int().nonnegative(),
  segments: z.array(
    z.object({
      /** Names its file in a transport stream, and is its IV. Grows within a track; a stretch begins at its own. */
      number: z.int().nonnegative(),
      durationTicks: z.int().positive(),
      sizeBytes: z.int().positive(),
      /** How much of its beginning shows its first picture; null without a picture, and where all of it is one cipher. */
      keyframeBytes: z.int().positive().nullable(),
    }),
  ),
});
export type SegmentList = z.infer<typeof segmentListSchema>;

/** One track, or one muxed pair, as it was published. */
export const publishedTrackSchema = segmentListSchema.extend({
  /** RFC 6381 names from the bitstream, the picture's first, such as `avc1.64001f` and `mp4a.40.2`. */
  codecs: z.array(z.string()).min(1),
});
export type PublishedTrack = z.infer<typeof publishedTrackSchema>;

const hex16Bytes = z.string().regex(/^[0-9a-f]{32}$/);

/** AES-128 over whole segments (RFC 8216 §4.3.2.4). The IV of a segment is its number. */
const segmentEncryptionSchema = z.object({
  /** One key for every `segmentsPerKey` segments, by segment number, the last one for all that follow. */
  keys: z.array(hex16Bytes).min(1),
  segmentsPerKey: z.int().positive().nullable(),
});
export type SegmentEncryption = z.infer<typeof segmentEncryptionSchema>;

/** Common encryption of fragmented MP4 (ISO 23001-7). */
const commonEncryptionSchema = z.object({
  scheme: z.enum(["cenc", "cbcs"]),
  key: hex16Bytes,
  keyId: hex16Bytes,
  /** Complete `pssh` boxes, base64, written into the initialization segments. */
  pssh: z.array(z.base64()),
});
export type CommonEncryption = z.infer<typeof commonEncryptionSchema>;

/** HLS over MPEG-TS: `<prefix>/<folder>/segment-<number>.ts`. */
export const transportTargetSchema = placeSchema.extend({ encryption: segmentEncryptionSchema.nullable() });
export type TransportTarget = z.infer<typeof transportTargetSchema>;

/** Fragmented MP4: `<prefix>/<folder>/init.mp4` and `<prefix>/<folder>/seg-<startTicks>.m4s`. */
export const fragmentTargetSchema = placeSchema.extend({ encryption: commonEncryptionSchema.nullable() });
export type FragmentTarget = z.infer<typeof fragmentTargetSchema>;

/** Folders of one track in the two packages; null where it has no place in one. */
export const trackFoldersSchema = z.object({
  transport: folderSchema.nullable(),
  fragments: folderSchema.nullable(),
});
export type TrackFolders = z.infer<typeof trackFoldersSchema>;

/** One track in one package: where it lies and what is in it. */
const placedTrackSchema = publishedTrackSchema.extend({ folder: folderSchema });
export type PlacedTrack = z.infer<typeof placedTrackSchema>;

const languageSchema = z
  .string()
  .regex(/^[A-Za-z0-9-]+$/)
  .nullable();

/** One rung with a picture. */
const ladderPictureSchema = z.object({
  widthPx: z.int().positive(),
  heightPx: z.int().positive(),
  /** Of a variable rate the average; null when it is unknown. */
  frameRate: rationalSchema.nullable(),
  /** Place among the ladder's sounds of what it is heard with; null for silence. */
  sound: z.int().nonnegative().nullable(),
  /** Muxed with its sound. */
  transport: placedTrackSchema.nullable(),
  fragments: placedTrackSchema.nullable(),
});
export type LadderPicture = z.infer<typeof ladderPictureSchema>;

/** One encode of one audio track. */
const ladderSoundSchema = z.object({
  /** BCP 47; null when the source does not say. */
  language: languageSchema,
  /** What players show, such as `English`; every track has one of its own, and all its encodes share it. */
  name: z.string(),
  isDefault: z.boolean(),
  channels: z.int().positive(),
  sampleRateHz: z.int().positive(),
  /** It is a rung of its own for players without room for a picture. */
  isRung: z.boolean(),
  /** Offered as one of several languages: rungs of an HLS package refer to its group. */
  isAlternate: z.boolean(),
  transport: placedTrackSchema.nullable(),
  fragments: placedTrackSchema.nullable(),
});
export type LadderSound = z.infer<typeof ladderSoundSchema>;

/** A WebVTT file; it lies at `<prefix>/<folder>/subtitles.vtt` of each package. */
const ladderSubtitleSchema = z.object({
  language: languageSchema,
  /** What players show; no two are alike. */
  name: z.string(),
  isDefault: z.boolean(),
  isForced: z.boolean(),
  folder: folderSchema,
});
export type LadderSubtitle = z.infer<typeof ladderSubtitleSchema>;

/** Everything that manifests are written from. */
export const ladderSchema = z.object({
  durationSeconds: z.number().positive(),
  /** In the order of the master playlist. */
  pictures: z.array(ladderPictureSchema),
  sounds: z.array(ladderSoundSchema),
  subtitles: z.array(ladderSubtitleSchema),
});
export type Ladder = z.infer<typeof ladderSchema>;

/** How players of an HLS package over MPEG-TS get its keys. */
const transportKeysSchema = z.object({
  /** Address of each key, in the order of `SegmentEncryption.keys`; relative ones are relative to a media playlist. */
  uris: z.array(z.string()).min(1),
  /** Value of each, to read the finished stream with. */
  values: z.array(hex16Bytes).min(1),
  segmentsPerKey: z.int().positive().nullable(),
  /** Keys that are stored beside the media: their objects' keys and values. */
  stored: z.array(z.object({ key: z.string(), value: hex16Bytes })),
});
export type TransportKeys = z.infer<typeof transportKeysSchema>;

/** How players of fragmented MP4 get a licence. */
const licensesSchema = z.object({
  scheme: z.enum(["cenc", "cbcs"]),
  keyId: hex16Bytes,
  /** Base64 `pssh` box, and address of the licence server. */
  widevine: z.object({ pssh: z.base64().nullable(), licenseUrl: z.string().nullable() }).nullable(),
  playready: z.object({ pssh: z.base64().nullable(), licenseUrl: z.string().nullable() }).nullable(),
  /** `skd://` address; HLS only. */
  fairplay: z.object({ keyUri: z.string() }).nullable(),
  /** DASH-IF clear key licence server. */
  clearkey: z.object({ licenseUrl: z.string().nullable() }).nullable(),
});
export type Licenses = z.infer<typeof licensesSchema>;

/** Thumbnails of the same job, as a DASH image adaptation set. */
const tilesSchema = z.object({
  /** Address of tile file number `$Number$`, relative to the manifest. */
  template: z.string(),
  /** Number of the first file, as the template counts. */
  startNumber: z.int().nonnegative(),
  columns: z.int().positive(),
  rowsPerFile: z.int().positive(),
  tileWidthPx: z.int().positive(),
  tileHeightPx: z.int().positive(),
  secondsPerTile: z.number().positive(),
  mimeType: z.string(),
});
export type Tiles = z.infer<typeof tilesSchema>;

/** What is written of the ladder. At least one of the two packages. */
export const packagesSchema = z.object({
  /** File name of every manifest, without its extension. */
  playlistName: z.string().regex(/^[A-Za-z0-9_.-]+$/),
  transport: placeSchema
    .extend({ version: z.literal(HLS_VERSIONS), keys: transportKeysSchema.nullable() })
    .nullable(),
  fragments: placeSchema
    .extend({
      /** HLS playlists over the same media, beside the DASH manifest. */
      hasHls: z.boolean(),
      licenses: licensesSchema.nullable(),
      tiles: tilesSchema.nullable(),
    })
    .nullable(),
});
export type Packages = z.infer<typeof packagesSchema>;

export const PACKAGE_FORMATS = ["hls", "dash", "hlsfmp4"] as const;
export type PackageFormat = (typeof PACKAGE_FORMATS)[number];

/** File name of the manifest that players open. */
export function manifestName(format: PackageFormat, playlistName: string): string {
  return `${playlistName}.${format === "dash" ? "mpd" : "m3u8"}`;
}
