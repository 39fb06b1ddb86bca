import { describe, expect, it } from "vitest";
import { findCopyFailure } from "../../../../../encoder/ffmpeg/codec/copy-failure.ts";
import { anAudioSpec, aRenditionSpec, aVideoSpec } from "../../../../support/output-specs.ts";

const video = { codec: "copy", sourceStreamIndex: 0 } as const;
const audio = { codec: "copy", sourceStreamIndex: 3 } as const;
const codecs = { video: "prores", audio: "pcm_s16le" };

describe("findCopyFailure", () => {
  it.each([
    [
      "mp4",
      [
        "[mp4 @ 0x1] [error] Could not find tag for codec pcm_s16le in stream #1, codec not currently supported in container",
        "[error] Could not write header for output file #0 (incorrect codec parameters ?): Invalid argument",
        "[error] Error initializing output stream 0:0 -- ",
      ],
      { streamIndex: 3, codec: "pcm_s16le" },
    ],
    [
      "flv",
      [
        "[flv @ 0x1] [error] Audio codec pcm_s16le not compatible with flv",
        "[error] Could not write header for output file #0 (incorrect codec parameters ?): Function not implemented",
      ],
      { streamIndex: 3, codec: "pcm_s16le" },
    ],
    [
      "mpegts",
      [
        "[mpegts @ 0x1] [warning] Stream 0, codec prores, is muxed as a private data stream and may not be read.",
      ],
      { streamIndex: 0, codec: "prores" },
    ],
    [
      "mov",
      ["[error] Could not write header for output file #0 (incorrect codec parameters ?): Invalid argument"],
      { streamIndex: 0, codec: "prores" },
    ],
    [
      "webm",
      [
        "[webm @ 0x1] [error] Only VP8 or VP9 or AV1 video and Vorbis or Opus audio are supported for WebM.",
        "[error] Could not write header for output file #0 (incorrect codec parameters ?): Invalid argument",
      ],
      { streamIndex: 0, codec: "prores" },
    ],
  ] as const)("names the track that %s refuses", (container, lines, track) => {
    const rendition = aRenditionSpec({ container, video, audio });
    const failure = { code: "copy_not_possible", ...track, limit: container };
    expect(findCopyFailure(rendition, codecs, ["[warning] one", ...lines].join("\n"))).toEqual(failure);
  });

  it("takes the track that the container does not usually hold where the muxer names none", () => {
    const log = "[webm @ 0x1] [error] Only VP8 …\n[error] Could not write header for output file #0";
    const rendition = aRenditionSpec({ container: "webm", video, audio });
    expect(findCopyFailure(rendition, { video: "vp9", audio: "aac" }, log)).toMatchObject({ streamIndex: 3 });
  });

  it("blames only tracks that are copied", () => {
    const log = "[error] Could not write header for output file #0 (incorrect codec parameters ?)";
    const sound = aRenditionSpec({ video: aVideoSpec(), audio });
    expect(findCopyFailure(sound, codecs, log)).toMatchObject({ streamIndex: 3 });
    const none = aRenditionSpec({ video: aVideoSpec(), audio: anAudioSpec() });
    expect(findCopyFailure(none, codecs, log)).toBeNull();
  });

  it("finds nothing in other complaints", () => {
    const rendition = aRenditionSpec({ video, audio });
    expect(findCopyFailure(rendition, codecs, "[error] Invalid data found when processing input")).toBeNull();
  });
});
