/**
 * One rendition -> the command line of its encode. The order of the flags is the order of this file: guards, inputs,
 * mapping, picture, sound, file.
 */
import type { Rational } from "../contract/media-info.ts";
import type { RenditionSpec } from "../contract/output-spec.ts";
import { audioArgs } from "./audio-args.ts";
import type { Pass } from "./codec/codec-plan.ts";
import { containerArgs, descriptionArgs, type TrackCodecs } from "./codec/container-args.ts";
import { FFMPEG_ARGS, secondsArg, sourceInput } from "./input-guards.ts";
import { watermarkInput } from "./picture/watermark-input.ts";
import { seekMarginSeconds } from "./seek-margin.ts";
import { videoArgs, videoFilter, videoGraph } from "./video-args.ts";

export type EncodePlan = {
  /** As for `sourceInput`. */
  sourceUrl: string;
  /** As for `watermarkInput`; null when the picture has no watermark. */
  watermarkUrl: string | null;
  /** ffprobe's names of the source's container: they decide how a cut is found. */
  formatName: string;
  /** Where the outputs' time starts in the source, from `timelineZero`. */
  zeroSeconds: number;
  /** From `zeroStream`. */
  zeroStream: number | null;
  /** The source's average rate; null when it is unknown. */
  sourceFrameRate: Rational | null;
  rendition: RenditionSpec;
  /** Sound lasts as long as its span, with silence where the source has none. */
  fillsSpan?: boolean;
  /** Of the tracks of the output; of a copied one, the source's. */
  codecs: TrackCodecs;
  threads: number;
  /** As for `videoCodecArgs`. The first pass only measures the picture: it writes no file. */
  pass: Pass | null;
  /** Path of the file that is written. */
  outputPath: string;
};

const WATERMARKED = "picture";

/** The arguments of ffmpeg, without the program's name. */
export function encodeArgs(plan: EncodePlan): string[] {
  const { rendition, threads, pass, outputPath, codecs } = plan;
  const audio = pass?.number === 1 ? null : rendition.audio;
  const read = [rendition.video, audio].flatMap((spec) => (spec ? [spec.sourceStreamIndex] : []));
  const start = startArgs(plan);
  // Counted on the output's own time, so that a cut has exactly this length.
  const { durationSeconds } = rendition.span;
  const cut = [
    ...(start.skippedSeconds > 0 ? ["-ss", secondsArg(start.skippedSeconds)] : []),
    ...(durationSeconds === null ? [] : ["-t", secondsArg(durationSeconds)]),
  ];
  const filled = plan.fillsSpan && durationSeconds !== null ? start.skippedSeconds + durationSeconds : null;
  return [
    ...FFMPEG_ARGS,
    // Decoding, filtering and encoding each take the planned number of threads: x264's bytes depend on it.
    ...[plan.watermarkUrl === null ? "-filter_threads" : "-filter_complex_threads", String(threads)],
    ...sourceInput(plan.sourceUrl, "-threads", String(threads), ...start.ofInput),
    ...(plan.watermarkUrl === null ? [] : watermarkInput(plan.watermarkUrl)),
    ...pictureSource(plan),
    ...(audio ? ["-map", `0:${audio.sourceStreamIndex}`] : []),
    // Nothing but the mapped streams: no subtitles, no data.
    "-sn",
    "-dn",
    ...descriptionArgs(rendition),
    ...pictureArgs(plan),
    ...(audio === null ? [] : audio.codec === "copy" ? copiedSoundArgs(plan) : audioArgs(audio, filled)),
    ...cut,
    ...(pass?.number === 1 ? ["-f", "null", "-"] : containerArgs({ ...rendition, codecs, outputPath })),
    // Read, so that FFmpeg counts from it, and thrown away.
    ...(plan.zeroStream === null || read.includes(plan.zeroStream)
      ? []
      : ["-map", `0:${plan.zeroStream}`, "-c", "copy", ...cut, "-f", "null", "-"]),
  ];
}

/** The stream of the source, or what is made of it together with a watermark. */
function pictureSource({ rendition, watermarkUrl }: EncodePlan): string[] {
  const { video, keepsMetadata } = rendition;
  if (video === null) {
    return [];
  }
  const stream = String(video.sourceStreamIndex);
  return watermarkUrl === null || video.codec === "copy"
    ? ["-map", `0:${stream}`]
    : [
        ...["-filter_complex", videoGraph(video, WATERMARKED), "-map", `[${WATERMARKED}]`],
        // A graph's output has no source of its own to take them from; the picture has been turned upright.
        ...(keepsMetadata ? ["-map_metadata:s:v", `0:s:${stream}`, "-metadata:s:v", "rotate="] : []),
      ];
}

/** An MP4 that is written in one go gets its headers before FFmpeg has seen that they are still in the packets. */
function copiedSoundArgs({ rendition, codecs }: EncodePlan): string[] {
  const isInPackets = codecs.audio === "aac" && rendition.isFragmented;
  return ["-c:a", "copy", ...(isInPackets ? ["-bsf:a", "aac_adtstoasc"] : [])];
}

function pictureArgs(plan: EncodePlan): string[] {
  const { rendition, threads, sourceFrameRate, pass, watermarkUrl, codecs } = plan;
  const { video } = rendition;
  if (video === null) {
    return [];
  }
  if (video.codec === "copy") {
    // AVI has no place for H.264's headers but the packets.
    const isForPackets = codecs.video === "h264" && rendition.container === "avi";
    return ["-c:v", "copy", ...(isForPackets ? ["-bsf:v", "h264_mp4toannexb"] : [])];
  }
  return [
    ...(watermarkUrl === null ? ["-vf", videoFilter(video)] : []),
    ...videoArgs(video, { threads, sourceFrameRate, pass }),
    // AVI has no times of showing: pictures are shown in the order in which they are stored.
    ...(rendition.container === "avi" ? ["-bf", "0"] : []),
  ];
}

/**
 * Moves the wanted start to zero. Of the input: ffmpeg jumps to the keyframe before the time and drops what it decodes
 * up to it, in picture and sound alike. Of the output: it drops what lies between a seek with a margin and the start.
 * A start that needs no seek is only a shift, which can drop nothing.
 */
function startArgs({ zeroSeconds, formatName, rendition }: EncodePlan): {
  ofInput: string[];
  /** Of the output. */
  skippedSeconds: number;
} {
  const { startSeconds } = rendition.span;
  const seekSeconds = startSeconds - seekMarginSeconds(formatName);
  if (seekSeconds > 0) {
    const margin = startSeconds - seekSeconds;
    return {
      ofInput: ["-ss", secondsArg(zeroSeconds + seekSeconds)],
      skippedSeconds: margin,
    };
  }
  return {
    ofInput: zeroSeconds > 0 ? ["-itsoffset", `-${secondsArg(zeroSeconds)}`] : [],
    skippedSeconds: startSeconds,
  };
}
