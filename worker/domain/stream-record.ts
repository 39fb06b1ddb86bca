/**
 * An adaptive stream as it is planned and persisted: what is encoded, which packages are made of it and where all of it
 * lies. No key and no address of a customer is in here.
 */
import type { Rational } from "../../encoder/contract/media-info.ts";
import type { AudioSpec, Span, VideoSpec } from "../../encoder/contract/output-spec.ts";
import type { Tiles, TrackFolders } from "../../encoder/contract/stream.ts";
import type { CommonKeyRequest, HlsRequest, LanguageTag, SegmentKeysRequest } from "./job-spec.ts";

export type Stream = {
  span: Span;
  /** Of the sounds: as `span`, or to the end of the picture. */
  soundSpan: Span;
  /** In the order of the master playlist. */
  pictures: StreamPicture[];
  /** Equal sounds of several languages stand together, the default one first. */
  sounds: StreamSound[];
  subtitles: StreamSubtitle[];
  /** File name of every manifest, without its extension. */
  playlistName: string;
  /** At least one of the two. */
  transport: TransportPackage | null;
  fragments: FragmentsPackage | null;
};

export type StreamPicture = {
  video: VideoSpec;
  /** What players are told: the rate asked for, else the source's, of a variable one its average. */
  frameRate: Rational | null;
  /** Place of what it is heard with; null for silence. */
  sound: number | null;
  folders: TrackFolders;
};

/** What players show of a track. */
type Label = { language: LanguageTag | null; name: string; isDefault: boolean };

export type StreamSound = Label & {
  audio: AudioSpec;
  /** It is a rung of its own. */
  isRung: boolean;
  /** It is offered as one of several languages. */
  isAlternate: boolean;
  folders: TrackFolders;
};

export type StreamSubtitle = Label & {
  isForced: boolean;
  /** Of the source, or of the file at this place in `JobSecrets.subtitleUrls`. */
  from: { type: "track"; streamIndex: number } | { type: "file"; source: number };
  folder: string;
};

/** HLS over MPEG-TS. `prefix` is the key prefix of the package, without a trailing slash. */
export type TransportPackage = Pick<HlsRequest, "version" | "isLiveEdge"> & {
  prefix: string;
  /** `keyCount`: how many keys the whole stream needs, as far as its length is known. */
  encryption: (SegmentKeysRequest & { keyCount: number }) | null;
};

/** Fragmented MP4. */
export type FragmentsPackage = {
  prefix: string;
  hasHls: boolean;
  encryption: CommonKeyRequest | null;
  /** Thumbnails that another output of the job makes. */
  tiles: (Tiles & { outputIndex: number }) | null;
};
