/** What ffprobe calls the codecs of a file that the encoder has written. */
import type { AudioCodec, Container, VideoCodec } from "../../contract/formats.ts";

const VIDEO_NAMES: Partial<Record<VideoCodec, string>> = { xvid: "mpeg4", flv: "flv1" };

const AUDIO_NAMES: Partial<Record<AudioCodec, string>> = {
  "pcm-s16le": "pcm_s16le",
  "pcm-u8": "pcm_u8",
  "pcm-alaw": "pcm_alaw",
};

export function videoCodecName(codec: VideoCodec): string {
  return VIDEO_NAMES[codec] ?? codec;
}

export function audioCodecName(codec: AudioCodec, container: Container): string {
  // MP4 has one number for all layers of MPEG audio.
  return container === "mp4" && codec === "mp2" ? "mp3" : (AUDIO_NAMES[codec] ?? codec);
}
