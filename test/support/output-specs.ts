/** Builders of encoder plans: complete defaults, overridden by what a test is about. */
import type {
  AudioSpec,
  FrameSize,
  ImageSpec,
  RenditionSpec,
  VideoSpec,
} from "../../encoder/contract/output-spec.ts";

/** A picture that fills its frame. */
export function aFrame(widthPx: number, heightPx: number): FrameSize {
  return { widthPx, heightPx, scaledWidthPx: widthPx, scaledHeightPx: heightPx };
}

export function aVideoSpec(overrides: Partial<VideoSpec> = {}): VideoSpec {
  return {
    codec: "h264",
    sourceStreamIndex: 0,
    frame: aFrame(320, 180),
    frameRate: null,
    rate: { mode: "quality", crf: 18, maxrateBps: null },
    keyframeIntervalSeconds: null,
    ...overrides,
  };
}

export function anAudioSpec(overrides: Partial<AudioSpec> = {}): AudioSpec {
  return {
    codec: "aac",
    sourceStreamIndex: 1,
    bitrateBps: 128_000,
    sampleRateHz: 48_000,
    channels: 2,
    ...overrides,
  };
}

export function aRenditionSpec(overrides: Partial<RenditionSpec> = {}): RenditionSpec {
  return {
    container: "mp4",
    video: aVideoSpec(),
    audio: anAudioSpec(),
    span: { startSeconds: 0, durationSeconds: null },
    ...overrides,
  };
}

export function anImageSpec(overrides: Partial<ImageSpec> = {}): ImageSpec {
  return { format: "png", sourceStreamIndex: 0, frame: aFrame(64, 64), atSeconds: [0], ...overrides };
}
