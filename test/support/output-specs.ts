/** Builders of encoder plans: complete defaults, overridden by what a test is about. */
import type { Colour } from "../../encoder/contract/media-info.ts";
import type {
  AnimationSpec,
  AudioSpec,
  FrameSize,
  ImageSpec,
  PictureSpec,
  RenditionSpec,
  VideoSpec,
} from "../../encoder/contract/output-spec.ts";

/** What nearly every HD file is, and what modern codecs are written as. */
export const BT709: Colour = { matrix: "bt709", primaries: "bt709", transfer: "bt709", range: "tv" };

/** A picture that fills its frame. */
export function aFrame(widthPx: number, heightPx: number): FrameSize {
  return { widthPx, heightPx, scaledWidthPx: widthPx, scaledHeightPx: heightPx };
}

/** A picture that is only scaled, to 320x180. */
export function aPictureSpec(overrides: Partial<PictureSpec> = {}): PictureSpec {
  return {
    deinterlace: "off",
    flattensAlpha: false,
    sourceColour: BT709,
    colour: BT709,
    transpose: null,
    hflip: false,
    vflip: false,
    frame: aFrame(320, 180),
    blur: 0,
    watermark: null,
    pixelFormat: "yuv420p",
    ...overrides,
  };
}

export function aVideoSpec(overrides: Partial<VideoSpec> = {}): VideoSpec {
  return {
    codec: "h264",
    sourceStreamIndex: 0,
    picture: aPictureSpec(),
    frameRate: null,
    rate: { mode: "quality", crf: 18, maxrateBps: null },
    keyframeIntervalSeconds: null,
    profile: null,
    level: null,
    ...overrides,
  };
}

export function anAudioSpec(overrides: Partial<AudioSpec> = {}): AudioSpec {
  return {
    codec: "aac",
    sourceStreamIndex: 1,
    bitrateBps: 128_000,
    sampleRateHz: 48_000,
    layout: "stereo",
    sourceChannels: 2,
    ...overrides,
  };
}

export function aRenditionSpec(overrides: Partial<RenditionSpec> = {}): RenditionSpec {
  return {
    container: "mp4",
    video: aVideoSpec(),
    audio: anAudioSpec(),
    span: { startSeconds: 0, durationSeconds: null },
    isFragmented: false,
    keepsMetadata: true,
    ...overrides,
  };
}

/** RGB of all values, as PNG, WebP and GIF are made of. */
const RGB: Colour = { matrix: "rgb", primaries: "bt709", transfer: "bt709", range: "pc" };

/** Of a PNG, 64x64. */
export function aStillPicture(overrides: Partial<PictureSpec> = {}): PictureSpec {
  return aPictureSpec({ frame: aFrame(64, 64), colour: RGB, pixelFormat: "rgb24", ...overrides });
}

/** Of a JPEG, 64x64. */
export function aJpegPicture(overrides: Partial<PictureSpec> = {}): PictureSpec {
  return aStillPicture({ colour: { ...RGB, matrix: "bt601" }, pixelFormat: "yuvj420p", ...overrides });
}

export function anImageSpec(overrides: Partial<ImageSpec> = {}): ImageSpec {
  return {
    format: "png",
    sourceStreamIndex: 0,
    picture: aStillPicture(),
    atSeconds: [0],
    sprite: null,
    ...overrides,
  };
}

export function anAnimationSpec(overrides: Partial<AnimationSpec> = {}): AnimationSpec {
  return {
    format: "gif",
    sourceStreamIndex: 0,
    picture: aStillPicture(),
    frameRate: { num: 10, den: 1 },
    excerpts: [{ startSeconds: 0, durationSeconds: 1 }],
    ...overrides,
  };
}
