/**
 * A job as the service understands it after validation: Coconut's vocabulary is parsed, nothing is resolved
 * against the source yet. Credentials and URLs are not in here; they are `JobSecrets`, kept sealed.
 */
import type { Rational } from "../../encoder/contract/media-info.ts";

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
  path: string;
  rendition: RenditionFormat;
  offsetSeconds: number;
  durationSeconds: number | null;
};

export type ImageRequest = {
  type: "image";
  container: "jpg" | "png";
  /** May hold one printf sequence such as `%.2d`. */
  path: string;
  resolution: Resolution;
  sampling:
    | { by: "number"; count: number }
    | { by: "offsets"; seconds: number[] }
    | { by: "interval"; seconds: number };
};

export type HttpstreamRequest = {
  type: "httpstream";
  /** Base of the package paths. */
  path: string;
  playlistName: string;
  variants: RenditionFormat[];
  hls: { path: string };
};

/** Null on a side means "follow the aspect ratio"; null on both means the source's size. */
export type Resolution = { widthPx: number | null; heightPx: number | null };

/** One parsed Coconut format string of a video container. At least one of video and audio is present. */
export type RenditionFormat = {
  container: "mp4";
  video: {
    codec: "h264";
    resolution: Resolution;
    /** Null keeps the source's rate. */
    frameRate: Rational | null;
    rate:
      | { mode: "bitrate"; bitrateBps: number; passes: 1 | 2 }
      | { mode: "quality"; quality: 1 | 2 | 3 | 4 | 5; maxrateBps: number | null };
  } | null;
  audio: { codec: "aac"; bitrateBps: number; sampleRateHz: number; channels: 1 | 2 } | null;
};
