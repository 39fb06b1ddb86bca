/**
 * FFmpeg's words -> what they mean. A wrong row costs: `never` gives a passing error no second chance, `again` repeats
 * work that cannot succeed. So each row says why its evidence is enough, and names the outputs it was made from.
 */
import type { Failure } from "../contract/failure-catalogue.ts";
import { SOURCE_LIMITS } from "./probe/source-limits.ts";

type FailureSign = {
  pattern: RegExp;
  /** `match` is of the pattern, `tail` the last lines of stderr. */
  read: (match: RegExpExecArray, tail: string) => Failure;
  because: string;
  /** Names of files in test/fixtures/stderr: what FFmpeg 5.1 printed, and 7.1 where the name ends in `-7`. */
  examples: readonly [string, ...string[]];
};

/** First match wins: causes stand before the complaints that follow from them. */
export const FAILURE_SIGNS: readonly FailureSign[] = [
  {
    pattern: /No space left on device|Disk quota exceeded/,
    read: () => ({ code: "scratch_full" }),
    because: "ENOSPC and EDQUOT come from writing alone, and this encoder's disk is all that is written to",
    examples: ["disk-full"],
  },
  {
    pattern: /File too large/,
    read: () => ({ code: "encode_output_too_large" }),
    because: "EFBIG comes from the file size limit that the encoder sets, where its signal is ignored",
    examples: ["file-size-limit"],
  },
  {
    pattern: /exceeds specified max pixel count/,
    read: () => ({ code: "source_limits_exceeded", limit: SOURCE_LIMITS.pixels }),
    because: "printed by the check of -max_pixels only",
    examples: ["pixel-limit"],
  },
  {
    pattern: /exceeds max_streams parameter/,
    read: () => ({ code: "source_limits_exceeded", limit: SOURCE_LIMITS.streams }),
    because: "printed by the check of -max_streams only; it is followed by 'Cannot allocate memory'",
    examples: ["stream-limit"],
  },
  {
    pattern: /Cannot allocate memory|malloc of size \d+ failed/,
    read: () => ({ code: "encode_out_of_memory" }),
    because:
      "ENOMEM under the address space limit; one more attempt is allowed because neighbours share the memory",
    examples: ["memory-limit-x264", "memory-limit-decoder"],
  },
  {
    pattern: /Format not on whitelist|Protocol '[^']*' not on whitelist/,
    read: () => ({ code: "source_not_media" }),
    because: "a list or manifest that leads to other files; Copra reads self-contained files only",
    examples: ["playlist-in-disguise"],
  },
  {
    pattern: /moov atom not found|does not contain any stream/,
    read: () => ({ code: "source_not_media" }),
    because: "an MP4 without its index cannot be read by anyone; the upload broke off",
    examples: ["no-index", "no-index-7"],
  },
  {
    pattern:
      /^\[(?:error|fatal)\] (?:Error opening input.*|(?:file|http):.*): (?:Invalid data found|End of file)/m,
    read: () => ({ code: "source_not_media" }),
    because: "said of the input as a whole; the same words about one packet start with the name of a decoder",
    examples: ["text-file", "text-file-7"],
  },
  {
    pattern: /DRM protected stream detected/,
    read: () => ({ code: "source_encrypted" }),
    because: "the ASF reader says so of the file's header; it matters only when the run failed",
    examples: ["asf-drm"],
  },
  {
    pattern: /Decoder \(codec (?<codec>\S+)\) not found for input stream #0:(?<index>\d+)/,
    read: undecodableTrack,
    because: "FFmpeg 5.1 looks for a decoder of a mapped track before anything else",
    examples: ["no-decoder-unknown-codec", "no-decoder-audio", "no-decoder-video"],
  },
  {
    pattern:
      /\[(?<type>[va])ist#0:(?<index>\d+)\/[^\]]*\].*Decoding requested, but no decoder found for: (?<codec>\S+)/,
    read: undecodableTrack,
    because: "the same of FFmpeg 7",
    examples: ["no-decoder-unknown-codec-7", "no-decoder-audio-7", "no-decoder-video-7"],
  },
  {
    pattern: /Cannot determine format of input (?:stream )?0:(?<index>\d+) after EOF/,
    read: undecodableTrack,
    because: "neither the probe nor any packet of the track gave a frame",
    examples: ["nothing-decoded-video", "nothing-decoded-video-7", "animated-webp"],
  },
  {
    pattern: /\[(?<type>[va])ist#0:(?<index>\d+)\/(?<codec>\w+) .*Decode error rate \S+ exceeds maximum/,
    read: undecodableTrack,
    because: "less than a third of the track's packets could be decoded",
    examples: ["nothing-decoded-audio-7", "nothing-decoded-at-all-7"],
  },
  {
    pattern: /zscale\S* @ \S+ \[error\] code \d+: (?:no path between colorspaces|invalid colorspace)/,
    read: () => ({ code: "colour_not_supported" }),
    because: "zimg knows no way from the picture's colours; all output colours are ones that it knows",
    examples: ["no-colour-path", "no-colour-path-7"],
  },
  {
    pattern: /Impossible to convert between the formats supported by the filter 'Parsed_(?:setparams|scale)_/,
    read: () => ({ code: "colour_not_supported" }),
    because: "FFmpeg 7 refuses colours that swscale does not know when the first filters are joined",
    examples: ["colour-tags-refused-7"],
  },
];

/** Of a run that ended because most packets of a track are damaged. Null when no track is named. */
export function readUndecodableTrack(tail: string): Failure | null {
  const match = /Error while decoding stream #0:(?<index>\d+):/.exec(tail);
  return match ? undecodableTrack(match, tail) : null;
}

function undecodableTrack({ groups = {} }: RegExpExecArray, tail: string): Failure {
  const streamIndex = Number(groups["index"]);
  const { codec, type } = groups;
  const isAudio = type === undefined ? tellsOfAudio(tail, streamIndex) : type === "a";
  return {
    code: isAudio ? "audio_not_decodable" : "video_not_decodable",
    streamIndex,
    ...(codec === undefined || codec === "none" ? {} : { codec }),
  };
}

/** FFmpeg 5.1 does not say of which kind a stream is, but its other complaints about it do. */
function tellsOfAudio(tail: string, streamIndex: number): boolean {
  const signs = [
    `stream ${streamIndex} (Audio:`,
    `Guessed Channel Layout for Input Stream #0.${streamIndex} `,
  ];
  return signs.some((words) => tail.includes(words)) || AUDIO_DECODERS.test(lastDecoder(tail));
}

/** The decoder that complained last, which is that of the track that was given up. */
function lastDecoder(tail: string): string {
  return [...tail.matchAll(/^\[(\w+) @ \S+ \[(?:error|warning)\]/gm)].at(-1)?.[1] ?? "";
}

const AUDIO_DECODERS =
  /^(?:aac|mp[123]|e?ac3|flac|alac|vorbis|opus|libopus|dca|truehd|mlp|pcm_|adpcm_|wma|wavpack|amr|speex|ape|tta)/;
