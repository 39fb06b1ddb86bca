/**
 * A job as the service understands it after validation: Coconut's vocabulary is parsed, nothing is resolved
 * against the source yet. Credentials and URLs are not in here; they are `JobSecrets`, kept sealed.
 */
import type { AudioCodec, Container, PixelFormat, VideoCodec } from "../../encoder/contract/formats.ts";
import type { Rational } from "../../encoder/contract/media-info.ts";
import type { VIDEO_PROFILES, WATERMARK_POSITIONS } from "../../encoder/contract/output-spec.ts";
import type { HLS_VERSIONS } from "../../encoder/contract/stream.ts";

export type JobSpec = {
  ultrafast: boolean;
  input: {
    /** The input URL without userinfo, query and fragment: fit for metadata and logs. */
    displayUrl: string;
  };
  storage: StorageSpec;
  notification: { events: boolean; metadata: boolean };
  /** In request order, arrays expanded in place. */
  outputs: OutputRequest[];
};

/** Everything of a request that can be abused when it leaks. Sealed at rest, wiped at the end of the job. */
export type JobSecrets = {
  inputUrl: string;
  /** Complete delivery URL, `params` merged into its query. */
  notificationUrl: string;
  /** Each address once; outputs name them by their place in here. */
  watermarkUrls: string[];
  /** Files with subtitles, each address once; streams name them by their place in here. */
  subtitleUrls: string[];
  /**
   * Keys of encrypted packages, lower-case hex; packages name their list by its place in here. A list holds the one
   * key of 16 bytes, or, of a package that changes its key, one seed of 32 bytes: key number i, from 0, is the first
   * 16 bytes of HMAC-SHA256 over the text `key-<i>` with the seed's bytes as its key.
   */
  streamKeys: string[][];
  storageCredentials: { accessKeyId: string; secretAccessKey: string } | null;
};

export type StorageSpec =
  | { service: "coconut"; path: string }
  | {
      service: "s3" | "s3other";
      /** Scheme and host of the S3 endpoint, without a trailing slash. */
      endpoint: string;
      region: string;
      bucket: string;
      addressing: "path" | "virtual-host";
      /** Prefix of every output path, as given. */
      path: string;
      /** Scheme of the URLs reported to the customer. */
      secure: boolean;
      /** `x-amz-acl`, `x-amz-storage-class`, `cache-control`, `expires`; only what was asked for. */
      objectHeaders: Record<string, string>;
    };

export type OutputType = "video" | "image" | "httpstream";

export type OutputRequest = {
  key: string;
  /** The string that responses echo as `format`. */
  format: string;
  /** The `if` expression, syntax already checked; null without one. */
  condition: string | null;
} & (VideoRequest | ImageRequest | HttpstreamRequest);

export type VideoRequest = {
  type: "video";
  /** May hold `{{ variables }}`, filled in when the source is known. */
  path: string;
  rendition: RenditionFormat;
  picture: PictureRequest;
  offsetSeconds: number;
  durationSeconds: number | null;
};

/** What is done to the picture besides scaling. */
export type PictureRequest = {
  /** What happens when both sides of the resolution are fixed and the source has another shape. */
  fit: "pad" | "crop";
  /** FFmpeg's `transpose` on the upright picture. */
  transpose: 0 | 1 | 2 | 3 | null;
  hflip: boolean;
  vflip: boolean;
  /** Null deinterlaces what the source calls interlaced. */
  deinterlace: boolean | null;
  watermark: WatermarkRequest | null;
};

/** `source` is the place of its URL in `JobSecrets.watermarkUrls`. */
export type WatermarkRequest = { source: number; position: (typeof WATERMARK_POSITIONS)[number] };

export type ImageRequest = {
  type: "image";
  /** May hold one printf sequence such as `%.2d`, and `{{ variables }}`. */
  path: string;
  resolution: Resolution;
  picture: PictureRequest;
  /**
   * The finished picture is a square, filled whatever `fit` says. Its side is the resolution's width, else its height,
   * else the shorter side of the source; `resolution` stays as it was asked for.
   */
  isSquare: boolean;
  /** 0 for none to 5. */
  blur: number;
} & (StillsRequest | AnimationRequest);

export type StillsRequest = {
  container: "jpg" | "png" | "webp";
  sampling:
    | { by: "number"; count: number }
    | { by: "offsets"; seconds: number[] }
    | { by: "interval"; seconds: number };
  /** `limit` is the most tiles of one file; null puts all into one. */
  sprite: { columns: number; limit: number | null } | null;
  /** Null file name: made of the path. */
  vtt: { filename: string | null } | null;
};

export type AnimationRequest = {
  container: "gif" | "webp_anim";
  scene: { number: number; durationSeconds: number };
};

/** An adaptive stream: one ladder of variants, packaged once or twice. */
export type HttpstreamRequest = {
  type: "httpstream";
  /** Base of the package paths. May hold `{{ variables }}`, as they may. */
  path: string;
  /** File name of every manifest, without its extension. */
  playlistName: string;
  /** Container mp4; h264, hevc, av1 or no picture; aac or no sound. `copy` is not among them. */
  variants: RenditionFormat[];
  picture: PictureRequest;
  offsetSeconds: number;
  durationSeconds: number | null;
  /** At least one of hls and dash is asked for. */
  hls: HlsRequest | null;
  dash: DashRequest | null;
  /** Which audio tracks of the source: its default one, every one, or those of the languages. */
  audioTracks: "default" | "all" | LanguageTag[];
  subtitles: SubtitlesRequest;
};

/**
 * Canonical BCP 47, such as `pt-BR`; ISO 639-2 codes are given as their two-letter equals where there is one. Tracks
 * are compared by the primary language.
 */
export type LanguageTag = string;

export type SubtitlesRequest = {
  /** Which text tracks of the source. */
  tracks: "none" | "all" | LanguageTag[];
  /** Files of their own, in request order; `source` is the place of the URL in `JobSecrets.subtitleUrls`. */
  files: { source: number; language: LanguageTag; name: string; isDefault: boolean; isForced: boolean }[];
};

/** HLS over MPEG-TS. */
export type HlsRequest = {
  /** Below the output's path. */
  path: string;
  version: (typeof HLS_VERSIONS)[number];
  /** The stream can be played while it is encoded. */
  isLiveEdge: boolean;
  encryption: SegmentKeysRequest | null;
};

/** AES-128 over whole segments. */
export type SegmentKeysRequest = {
  /** Place in `JobSecrets.streamKeys`. */
  keys: number;
  /** Where players get the key; null stores it beside the media. Always null when the key changes. */
  keyUri: string | null;
  /** Each key serves so many segments; null has one key for all. */
  segmentsPerKey: number | null;
};

/** Fragmented MP4 under a DASH manifest, and under HLS playlists too when `hasHls`. */
export type DashRequest = {
  /** Below the output's path. */
  path: string;
  hasHls: boolean;
  encryption: CommonKeyRequest | null;
};

/** Common encryption with one key, and how players get their licence. Null systems are not signalled. */
export type CommonKeyRequest = {
  scheme: "cenc" | "cbcs";
  /** Place in `JobSecrets.streamKeys`. */
  keys: number;
  /** 32 lower-case hex digits. */
  keyId: string;
  /** At least one of `pssh`, a complete box in base64, and `licenseUrl`. */
  widevine: { pssh: string | null; licenseUrl: string | null } | null;
  playready: { pssh: string | null; licenseUrl: string | null } | null;
  /** With `cbcs` and `hasHls` only. */
  fairplay: { keyUri: string } | null;
  clearkey: { licenseUrl: string } | null;
};

/** Null on a side means "follow the aspect ratio"; null on both means the source's size. */
export type Resolution = { widthPx: number | null; heightPx: number | null };

/** One parsed Coconut format string of a container of video or sound. At least one of video and audio is present. */
export type RenditionFormat = {
  container: Container;
  video: PictureFormat | { codec: "copy" } | null;
  audio: SoundFormat | { codec: "copy" } | null;
  isFragmented: boolean;
  keepsMetadata: boolean;
};

export type PictureFormat = {
  codec: VideoCodec;
  resolution: Resolution;
  /** Null keeps the source's rate. */
  frameRate: Rational | null;
  rate:
    | { mode: "bitrate"; bitrateBps: number; passes: 1 | 2 }
    | { mode: "quality"; quality: 1 | 2 | 3 | 4 | 5; maxrateBps: number | null }
    | { mode: "fixed" };
  pixelFormat: PixelFormat;
  /** Null takes the encoder's choice. */
  profile: (typeof VIDEO_PROFILES)[number] | null;
  /** Ten times the level's number; null takes the lowest that fits. */
  level: number | null;
  /** The level is written whatever size and rate are: Coconut's own way, on demand. Absent is false. */
  isLevelNominal?: boolean;
};

export type SoundFormat = {
  codec: AudioCodec;
  /** Null for codecs without a bitrate. */
  bitrateBps: number | null;
  sampleRateHz: number;
  /** `multi` keeps the source's channels as far as the codec goes. */
  channels: 1 | 2 | "multi";
};
