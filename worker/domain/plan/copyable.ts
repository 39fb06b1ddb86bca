/** Which tracks of a source go into which container as they are: FFmpeg's codec names, as its muxers take them. */
import type { Container } from "../../../encoder/contract/formats.ts";

type Copyable = { video: readonly string[]; audio: readonly string[] };

const MPEG_VIDEO = ["mpeg4", "mpeg2video", "mpeg1video", "mjpeg"];
const MPEG_AUDIO = ["aac", "mp3", "mp2", "ac3", "eac3"];
const PCM = ["pcm_s16le", "pcm_s24le", "pcm_s32le", "pcm_u8", "pcm_f32le", "pcm_alaw", "pcm_mulaw"];
const WINDOWS_VIDEO = ["wmv1", "wmv2", "wmv3", "vc1", "msmpeg4v2", "msmpeg4v3"];
const WINDOWS_AUDIO = ["wmav1", "wmav2"];

const COPYABLE: Readonly<Record<Container, Copyable>> = {
  mp4: {
    video: ["h264", "hevc", "av1", "vp9", ...MPEG_VIDEO],
    audio: [...MPEG_AUDIO, "opus", "flac", "alac", "dts", "vorbis"],
  },
  webm: { video: ["vp8", "vp9", "av1"], audio: ["vorbis", "opus"] },
  mpegts: {
    video: ["h264", "hevc", "mpeg2video", "mpeg1video", "mpeg4"],
    audio: [...MPEG_AUDIO, "opus", "dts"],
  },
  mov: {
    video: [
      ...["h264", "hevc", ...MPEG_VIDEO, "prores", "dnxhd", "qtrle", "h263", "svq1", "svq3", "cinepak"],
      ...["dvvideo", "png"],
    ],
    audio: [...MPEG_AUDIO, "alac", ...PCM, "pcm_s16be", "pcm_s24be"],
  },
  mkv: {
    video: [
      ...["h264", "hevc", "av1", "vp8", "vp9", "theora", ...MPEG_VIDEO, ...WINDOWS_VIDEO, "msmpeg4v1"],
      ...["prores", "dnxhd", "huffyuv", "ffvhuff", "ffv1", "flv1", "h263", "rv10", "rv20", "rv30", "rv40"],
      ...["svq1", "svq3", "cinepak", "dvvideo", "qtrle", "png"],
    ],
    audio: [
      ...[...MPEG_AUDIO, "dts", "truehd", "mlp", "opus", "vorbis", "flac", "alac", "tta", "wavpack"],
      ...[...PCM, "pcm_s16be", "pcm_s24be", ...WINDOWS_AUDIO, "wmapro"],
    ],
  },
  avi: {
    video: [
      ...[...MPEG_VIDEO, "h264", "huffyuv", "ffvhuff", "ffv1", ...WINDOWS_VIDEO, "h263", "flv1"],
      ...["cinepak", "dvvideo"],
    ],
    audio: ["mp3", "mp2", "ac3", "aac", ...WINDOWS_AUDIO, ...PCM],
  },
  asf: { video: [...WINDOWS_VIDEO, "mpeg4"], audio: [...WINDOWS_AUDIO, "wmapro", "mp3", "ac3"] },
  flv: { video: ["flv1", "h264", "vp6f"], audio: ["mp3", "aac", "speex", "nellymoser"] },
  "3gp": { video: ["h263", "h264", "mpeg4"], audio: ["aac", "amr_nb", "amr_wb"] },
  ogv: { video: ["theora", "vp8"], audio: ["vorbis", "opus", "flac", "speex"] },
  ogg: { video: [], audio: ["vorbis", "opus", "flac", "speex"] },
  aac: { video: [], audio: ["aac"] },
  mp3: { video: [], audio: ["mp3"] },
  m4a: { video: [], audio: ["aac", "alac", "ac3", "mp3"] },
  wav: { video: [], audio: PCM },
  flac: { video: [], audio: ["flac"] },
};

/** @param codec the source track's, by FFmpeg's name. */
export function isCopyable(container: Container, kind: keyof Copyable, codec: string): boolean {
  return COPYABLE[container][kind].includes(codec);
}
