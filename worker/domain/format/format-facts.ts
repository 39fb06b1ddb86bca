/** Questions that the table of encoder/contract/formats.ts answers. */
import {
  CONTAINERS,
  VIDEO_CODEC_FACTS,
  type AudioCodec,
  type Container,
  type PixelFormat,
  type VideoCodec,
} from "../../../encoder/contract/formats.ts";

// SAFETY: the keys of a literal object are exactly its type's keys.
const CONTAINER_NAMES = Object.keys(CONTAINERS) as Container[];

/** False for containers of sound. */
export function hasPicture(container: Container): boolean {
  return videoCodecsOf(container).length > 0;
}

/** First the default. */
export function videoCodecsOf(container: Container): readonly VideoCodec[] {
  return CONTAINERS[container].video;
}

/** First the default. */
export function audioCodecsOf(container: Container): readonly [AudioCodec, ...AudioCodec[]] {
  return CONTAINERS[container].audio;
}

export function containersOfVideo(codec: VideoCodec): Container[] {
  return CONTAINER_NAMES.filter((container) => videoCodecsOf(container).includes(codec));
}

export function containersOfAudio(codec: AudioCodec): Container[] {
  return CONTAINER_NAMES.filter((container) => audioCodecsOf(container).includes(codec));
}

/** First the default. */
export function pixelFormatsOf(codec: VideoCodec): readonly [PixelFormat, ...PixelFormat[]] {
  return VIDEO_CODEC_FACTS[codec].pixelFormats;
}

/** Codecs of video for which `fact` holds. */
export function videoCodecsWith(fact: "hasQuality" | "hasTwoPasses" | "hasBitrate"): VideoCodec[] {
  // SAFETY: the keys of a literal object are exactly its type's keys.
  return (Object.keys(VIDEO_CODEC_FACTS) as VideoCodec[]).filter((codec) => VIDEO_CODEC_FACTS[codec][fact]);
}
