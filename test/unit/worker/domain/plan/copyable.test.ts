import { describe, expect, it } from "vitest";
import { CONTAINERS, type Container } from "../../../../../encoder/contract/formats.ts";
import { isCopyable } from "../../../../../worker/domain/plan/copyable.ts";

/** FFmpeg's names of the codecs that go by another one in format strings. */
const FFMPEG_NAMES: Record<string, string> = {
  xvid: "mpeg4",
  flv: "flv1",
  "pcm-s16le": "pcm_s16le",
  "pcm-u8": "pcm_u8",
  "pcm-alaw": "pcm_alaw",
};
// SAFETY: the keys of a literal object are exactly its type's keys.
const NAMES = Object.keys(CONTAINERS) as Container[];

describe("isCopyable", () => {
  it("takes into a container all that is encoded for it", () => {
    const missing = NAMES.flatMap((container) =>
      (["video", "audio"] as const).flatMap((kind) =>
        CONTAINERS[container][kind]
          .map((codec) => FFMPEG_NAMES[codec] ?? codec)
          .filter((codec) => !isCopyable(container, kind, codec))
          .map((codec) => `${container}: ${codec}`),
      ),
    );
    expect(missing).toEqual([]);
  });

  it("takes no picture into a container of sound", () => {
    const withPicture = NAMES.filter((container) => CONTAINERS[container].video.length === 0).filter(
      (container) => ["h264", "mjpeg", "theora"].some((codec) => isCopyable(container, "video", codec)),
    );
    expect(withPicture).toEqual([]);
  });

  it.each([
    ["webm", "video", "h264"],
    ["mp4", "audio", "pcm_s16le"],
    ["mpegts", "video", "vp9"],
    ["mp3", "audio", "aac"],
  ] as const)("does not take into %s the %s codec %s", (container, kind, codec) => {
    expect(isCopyable(container, kind, codec)).toBe(false);
  });
});
