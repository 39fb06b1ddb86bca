/**
 * Jobs of record schema 2, brought up to schema 3. Then there was MP4 with H.264 and AAC, JPEG and PNG; nothing
 * was done to pictures but scaling, and nothing was known of their colours.
 */
import type { Colour, VideoInfo } from "../../../encoder/contract/media-info.ts";
import type {
  AudioSpec,
  FrameSize,
  ImageSpec,
  PictureSpec,
  RenditionSpec,
  VideoSpec,
} from "../../../encoder/contract/output-spec.ts";
import type { JobRecord, JobState, PartsOf, TaskOutcome, TaskRecord } from "../job-record.ts";
import { imagesCost, wholeEncodeCost } from "../plan/encode-cost.ts";
import { outputColour } from "../plan/output-colour.ts";
import { specFromVersion2, type JobSpecV2 } from "./version-2-spec.ts";
import type { MediaInfoV3, OutputRecordV3, PackageWorkV3, StateV3, TaskV3, WorkV3 } from "./version-3.ts";

type MediaInfoV2 = Omit<MediaInfoV3, "video" | "audio"> & {
  video: Omit<VideoInfo, "colour" | "isInterlaced" | "hasAlpha"> | null;
  audio: Omit<NonNullable<MediaInfoV3["audio"]>, "channelLayout"> | null;
};

export type VideoSpecV2 = {
  codec: "h264";
  sourceStreamIndex: number;
  frame: FrameSize;
  frameRate: VideoSpec["frameRate"];
  rate: Exclude<VideoSpec["rate"], { mode: "fixed" }>;
  keyframeIntervalSeconds: number | null;
};
export type RenditionSpecV2 = {
  container: "mp4";
  video: VideoSpecV2 | null;
  audio: {
    codec: "aac";
    sourceStreamIndex: number;
    bitrateBps: number;
    sampleRateHz: number;
    channels: number;
  } | null;
  span: RenditionSpec["span"];
};
type ImageSpecV2 = { format: "jpg" | "png" } & Pick<ImageSpec, "sourceStreamIndex" | "atSeconds"> & {
    frame: FrameSize;
  };

type Work<Kind extends WorkV3["kind"]> = Extract<WorkV3, { kind: Kind }>;
export type WorkV2 =
  | Work<"ingest" | "chunk" | "analyze">
  | (Omit<Work<"encode">, "rendition"> & { rendition: RenditionSpecV2 })
  | (Omit<Work<"assemble">, "rendition"> & { rendition: RenditionSpecV2 })
  | (Omit<Work<"image">, "image" | "vtt"> & { image: ImageSpecV2 })
  | (Omit<PackageWorkV3, "renditions"> & { renditions: { rendition: RenditionSpecV2; files: PartsOf }[] });

type Outcome<Kind extends TaskOutcome["kind"]> = Extract<TaskOutcome, { kind: Kind }>;
type OutcomeV2 =
  | Outcome<"analyze">
  | Omit<Outcome<"encode">, "warnings">
  | Omit<Outcome<"chunk">, "warnings">;

export type TaskV2 = Omit<TaskRecord, "work" | "result"> & { work: WorkV2; result: OutcomeV2 | null };
export type RecordV2 = Omit<JobRecord, "schema" | "spec" | "input" | "outputs"> & {
  schema: 2;
  spec: JobSpecV2;
  input: Omit<JobRecord["input"], "mediaInfo"> & { mediaInfo: MediaInfoV2 | null };
  outputs: OutputRecordV3[];
};
export type StateV2 = { record: RecordV2; tasks: TaskV2[]; outbox: JobState["outbox"] };

/** HD is as large as this on either side; what is smaller was made for BT.601. */
const HD_WIDTH_PX = 1280;
const HD_HEIGHT_PX = 720;

export function fromVersion2({ record, tasks, outbox }: StateV2): StateV3 {
  const { mediaInfo } = record.input;
  const media = mediaInfo === null ? null : mediaFromVersion2(mediaInfo);
  return {
    record: {
      ...record,
      schema: 3,
      spec: specFromVersion2(record.spec),
      input: { ...record.input, mediaInfo: media },
    },
    tasks: tasks.map((task) => taskFromVersion2(task, media)),
    outbox,
  };
}

function mediaFromVersion2({ video, audio, ...rest }: MediaInfoV2): MediaInfoV3 {
  return {
    ...rest,
    video:
      video === null ? null : { ...video, colour: likelyColour(video), isInterlaced: false, hasAlpha: false },
    audio: audio === null ? null : { ...audio, channelLayout: null },
  };
}

function likelyColour({ widthPx, heightPx, pixelFormat }: NonNullable<MediaInfoV2["video"]>): Colour {
  const isHd = widthPx >= HD_WIDTH_PX || heightPx >= HD_HEIGHT_PX;
  const range = pixelFormat?.startsWith("yuvj") === true ? "pc" : "tv";
  return isHd
    ? { matrix: "bt709", primaries: "bt709", transfer: "bt709", range }
    : { matrix: "bt601", primaries: "smpte170m", transfer: "smpte170m", range };
}

function taskFromVersion2({ work: oldWork, result, ...task }: TaskV2, media: MediaInfoV3 | null): TaskV3 {
  const work = workFromVersion2(oldWork, media);
  return { ...task, work, result: outcomeFromVersion2(result), weight: weightOf(work, media) ?? task.weight };
}

/** Null where it is not made of the work alone. */
function weightOf(work: WorkV3, media: MediaInfoV3 | null): number | null {
  if (media === null) {
    return null;
  }
  switch (work.kind) {
    case "encode":
      return wholeEncodeCost(work.rendition, media);
    case "image":
      return imagesCost(work.image, media);
    default:
      return null;
  }
}

function outcomeFromVersion2(result: OutcomeV2 | null): TaskOutcome | null {
  return result === null || result.kind === "analyze" ? result : { ...result, warnings: [] };
}

function workFromVersion2(work: WorkV2, media: MediaInfoV3 | null): WorkV3 {
  switch (work.kind) {
    case "ingest":
    case "chunk":
    case "analyze":
      return work;
    case "encode":
      return { ...work, rendition: renditionFromVersion2(work.rendition, media) };
    case "assemble":
      return { ...work, rendition: renditionFromVersion2(work.rendition, media) };
    case "image":
      return { ...work, image: imageFromVersion2(work.image, media), vtt: null };
    case "package": {
      const renditions = work.renditions.map(({ rendition, files }) => ({
        rendition: renditionFromVersion2(rendition, media),
        files,
      }));
      return { ...work, renditions };
    }
  }
}

function renditionFromVersion2(
  { video, audio, ...rest }: RenditionSpecV2,
  media: MediaInfoV3 | null,
): RenditionSpec {
  return {
    ...rest,
    video: video === null ? null : videoFromVersion2(video, media),
    audio: audio === null ? null : audioFromVersion2(audio, media),
    isFragmented: false,
    keepsMetadata: true,
  };
}

function videoFromVersion2({ frame, ...rest }: VideoSpecV2, media: MediaInfoV3 | null): VideoSpec {
  const picture = plainPicture(frame, media, { matrix: "bt709", range: "tv" }, "yuv420p");
  return { ...rest, picture, profile: null, level: null };
}

function audioFromVersion2(
  { channels, ...rest }: NonNullable<RenditionSpecV2["audio"]>,
  media: MediaInfoV3 | null,
): AudioSpec {
  const layout = channels === 1 ? "mono" : "stereo";
  return { ...rest, layout, sourceChannels: media?.audio?.channels ?? channels };
}

function imageFromVersion2({ frame, ...rest }: ImageSpecV2, media: MediaInfoV3 | null): ImageSpec {
  const picture =
    rest.format === "jpg"
      ? plainPicture(frame, media, { matrix: "bt601", range: "pc" }, "yuvj420p")
      : plainPicture(frame, media, { matrix: "rgb", range: "pc" }, "rgb24");
  return { ...rest, picture, sprite: null };
}

function plainPicture(
  frame: FrameSize,
  media: MediaInfoV3 | null,
  output: Pick<Colour, "matrix" | "range">,
  pixelFormat: PictureSpec["pixelFormat"],
): PictureSpec {
  const sourceColour: Colour = media?.video?.colour ?? {
    matrix: "bt709",
    primaries: "bt709",
    transfer: "bt709",
    range: "tv",
  };
  return {
    deinterlace: "off",
    flattensAlpha: false,
    sourceColour,
    colour: outputColour(sourceColour, output),
    transpose: null,
    hflip: false,
    vflip: false,
    frame,
    blur: 0,
    watermark: null,
    pixelFormat,
  };
}
