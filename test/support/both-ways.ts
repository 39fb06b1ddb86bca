/**
 * One output of a source, made in both ways: encoded whole, and encoded in chunks and joined. Both are planned by the
 * service's own planner from what the encoder says of the source.
 */
import { open } from "node:fs/promises";
import type { MediaInfo } from "../../encoder/contract/media-info.ts";
import { CONTAINERS, type AudioCodec } from "../../encoder/contract/formats.ts";
import type { RenditionSpec, VideoRate, VideoSpec } from "../../encoder/contract/output-spec.ts";
import { TICKS_PER_SECOND, type Cut, type Timeline } from "../../encoder/contract/timeline.ts";
import { CONTRACT_VERSION } from "../../encoder/contract/version.ts";
import { analyzeSpan } from "../../encoder/run/analyze-span.ts";
import type { ChunkWork, EncodedChunk } from "../../encoder/run/encode-chunk.ts";
import { indexSource } from "../../encoder/run/index-source.ts";
import type { OpenWatermarks } from "../../encoder/run/open-watermarks.ts";
import { probeSource } from "../../encoder/run/probe-source.ts";
import type { PictureRequest } from "../../worker/domain/job-spec.ts";
import { chunkBudgets } from "../../worker/domain/plan/chunk-budget.ts";
import { chunkablePicture, spanFrames } from "../../worker/domain/plan/plan-chunks.ts";
import { resolveVideo } from "../../worker/domain/plan/resolve-video.ts";
import { encodeWhole, joinPart, runChunks } from "./chunked-encode.ts";
import { renditionOf } from "./renditions.ts";
import { sourceAt } from "./source-at.ts";
import { aWorkContext, NO_WATERMARKS } from "./work-context.ts";

const PLAIN: PictureRequest = {
  ...({ fit: "pad", transpose: null, hflip: false, vflip: false } as const),
  ...{ deinterlace: null, watermark: null },
};

export type Wanted = {
  /** A format string. */
  format: string;
  picture?: Partial<PictureRequest>;
  /** Replaces the rate of the format. */
  rate?: VideoRate;
  watermarks?: OpenWatermarks;
};

export type BothWays = {
  video: VideoSpec;
  whole: string;
  joined: string;
  chunks: EncodedChunk[];
  /** Output frames with which chunks begin, but the first one. */
  seams: number[];
};

type Span = Pick<ChunkWork["task"], "zeroTicks" | "start" | "end" | "spanSeconds">;
type Known = { media: MediaInfo; timeline: Timeline };

/** @throws Error when the service would not cut this source, or not for this output */
export async function encodeBothWays(directory: string, path: string, wanted: Wanted): Promise<BothWays> {
  const source = await knowSource(directory, path);
  const rendition = plan(source.media, wanted);
  const video = chunkablePicture(rendition);
  if (video === null) {
    throw new Error(`${wanted.format} is not encoded in chunks.`);
  }
  const spans = spansOf(source.timeline);
  const watermarks = wanted.watermarks ?? NO_WATERMARKS;
  const budgets = await budgetsOf(directory, path, { spans, media: source.media, rate: video.rate });
  const tasks = spans.map((span, number) => chunkTask(source, span, { ...video, ...budgets[number] }));
  const chunks = await runChunks(directory, path, tasks, watermarks);
  const { audio, container } = rendition;
  const sound = audio === null || audio.codec === "copy" ? null : audio;
  const soundPath =
    sound &&
    (await encodeWhole(directory, path, { audio: sound }, { container: soundContainer(sound.codec) }));
  const { isFragmented, keepsMetadata } = rendition;
  const file = { container, isFragmented, keepsMetadata };
  const joining = { ...file, video, audio: sound, ...(soundPath === null ? {} : { audioPath: soundPath }) };
  return {
    video,
    chunks,
    seams: tasks.slice(1).map(({ parts }) => parts[0]?.startFrame ?? 0),
    joined: await joinPart(directory, chunks, 0, joining),
    whole: await encodeWhole(
      directory,
      path,
      { video, ...(sound && { audio: sound }) },
      { ...file, watermarks },
    ),
  };
}

async function knowSource(directory: string, path: string): Promise<Known> {
  const ctx = await aWorkContext(directory);
  const source = await sourceAt(path);
  const probed = await probeSource(source, ctx);
  const file = await open(path);
  const read = async (startByte: number, endByte: number) => {
    const bytes = Buffer.alloc(endByte - startByte);
    const { bytesRead } = await file.read(bytes, 0, bytes.length, startByte);
    return bytes.subarray(0, bytesRead);
  };
  try {
    const timeline = await indexSource({ ...source, read }, probed, ctx);
    if (timeline === null) {
      throw new Error(`${path} cannot be cut.`);
    }
    return { media: probed.mediaInfo, timeline };
  } finally {
    await file.close();
  }
}

function plan(media: MediaInfo, { format, picture, rate }: Wanted): RenditionSpec {
  const request = {
    ...({ type: "video", path: "/out", offsetSeconds: 0, durationSeconds: null } as const),
    ...{ rendition: renditionOf(format), picture: { ...PLAIN, ...picture } },
  };
  const resolved = resolveVideo(request, media);
  if (!resolved.ok) {
    throw new Error(JSON.stringify(resolved.failure));
  }
  const { rendition } = resolved;
  const { video } = rendition;
  return video === null || video.codec === "copy" || rate === undefined
    ? rendition
    : { ...rendition, video: { ...video, rate } };
}

/** Three spans, the second from a keyframe on, the third from wherever the service's grid has a cut. */
function spansOf({ cuts, zeroTicks, endTicks }: Timeline): Span[] {
  const first = cuts.find((cut) => cut.ticks === cut.keyTicks);
  const second = cuts.findLast((cut) => cut.isOnGrid && cut.frame > (first?.frame ?? 0) + 1);
  if (first === undefined || second === undefined) {
    throw new Error("The source has no two cuts.");
  }
  const edges: (Cut | null)[] = [null, first, second, null];
  return edges.slice(1).map((end, number) => {
    const start = edges[number] ?? null;
    const ticks = (end?.ticks ?? endTicks) - (start?.ticks ?? zeroTicks);
    return { zeroTicks, start, end, spanSeconds: ticks / TICKS_PER_SECOND };
  });
}

function chunkTask({ media, timeline }: Known, span: Span, video: VideoSpec): ChunkWork["task"] {
  return {
    ...sourceTask(media, span),
    ...({ kind: "chunk", isExact: false, watermarkUrls: [] } as const),
    parts: [{ video, key: "work/part.mp4", ...spanFrames(video, span, timeline.frameCount) }],
  };
}

function sourceTask({ formatName, video }: MediaInfo, span: Span) {
  if (video === null) {
    throw new Error("The source has no picture.");
  }
  return {
    ...({ contract: CONTRACT_VERSION, jobId: "job", taskId: "task", attempt: 1, slots: 1 } as const),
    ...{ threads: 1, formatName, sourceFrameRate: video.frameRate, videoStreamIndex: video.streamIndex },
    ...span,
  };
}

/** The rate of each span by what the spans are worth; nothing for a quality. */
async function budgetsOf(
  directory: string,
  path: string,
  { spans, media, rate }: { spans: readonly Span[]; media: MediaInfo; rate: VideoRate },
): Promise<{ rate: VideoRate }[]> {
  if (rate.mode !== "bitrate") {
    return [];
  }
  const weighed = [];
  for (const span of spans) {
    const task = { ...sourceTask(media, span), kind: "analyze" } as const;
    const weight = await analyzeSpan({ sourceUrl: `file:${path}`, task }, await aWorkContext(directory));
    weighed.push({ weight, seconds: span.spanSeconds });
  }
  return chunkBudgets(weighed, rate.bitrateBps, rate.maxrateBps).map((bitrateBps) => ({
    rate: { ...rate, bitrateBps },
  }));
}

/** Where the sound of a chunked output waits for its picture. */
function soundContainer(codec: AudioCodec): "mp4" | "mkv" {
  const carried: readonly AudioCodec[] = CONTAINERS.mp4.audio;
  return carried.includes(codec) ? "mp4" : "mkv";
}
