import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { classifyFailure, type ProcessEnd } from "../../../../encoder/ffmpeg/classify-failure.ts";

function anEnd(overrides: Partial<ProcessEnd> = {}): ProcessEnd {
  return { exitCode: 1, signal: null, endedBy: "itself", stderrTail: "", ...overrides };
}

/** What FFmpeg printed, from `test/fixtures/stderr/`. */
function printed(trait: string): ProcessEnd {
  const url = new URL(`../../../fixtures/stderr/${trait}.txt`, import.meta.url);
  return anEnd({ stderrTail: readFileSync(url, "utf8") });
}

describe("classifyFailure", () => {
  it.each([
    ["disk-full", { code: "scratch_full" }],
    ["file-size-limit", { code: "encode_output_too_large" }],
    ["pixel-limit", { code: "source_limits_exceeded" }],
    ["stream-limit", { code: "source_limits_exceeded" }],
    ["memory-limit-x264", { code: "encode_out_of_memory" }],
    ["memory-limit-decoder", { code: "encode_out_of_memory" }],
    ["playlist-in-disguise", { code: "source_not_media" }],
    ["no-index", { code: "source_not_media" }],
    ["no-index-7", { code: "source_not_media" }],
    ["text-file", { code: "source_not_media" }],
    ["text-file-7", { code: "source_not_media" }],
    ["asf-drm", { code: "source_encrypted" }],
    ["no-decoder-unknown-codec", { code: "audio_not_decodable", streamIndex: 1 }],
    ["no-decoder-unknown-codec-7", { code: "audio_not_decodable", streamIndex: 1 }],
    ["no-decoder-audio", { code: "audio_not_decodable", streamIndex: 1, codec: "mpegh_3d_audio" }],
    ["no-decoder-audio-7", { code: "audio_not_decodable", streamIndex: 1, codec: "mpegh_3d_audio" }],
    ["no-decoder-video", { code: "video_not_decodable", streamIndex: 0 }],
    ["no-decoder-video-7", { code: "video_not_decodable", streamIndex: 0 }],
    ["nothing-decoded-video", { code: "video_not_decodable", streamIndex: 0 }],
    ["nothing-decoded-video-7", { code: "video_not_decodable", streamIndex: 0 }],
    ["nothing-decoded-audio-7", { code: "audio_not_decodable", streamIndex: 1, codec: "aac" }],
    ["nothing-decoded-at-all-7", { code: "audio_not_decodable", streamIndex: 1, codec: "aac" }],
    ["animated-webp", { code: "video_not_decodable", streamIndex: 0 }],
    ["no-colour-path", { code: "colour_not_supported" }],
    ["no-colour-path-7", { code: "colour_not_supported" }],
    ["colour-tags-refused-7", { code: "colour_not_supported" }],
  ])("reads %s, stream and cause included", (trait, failure) => {
    expect(classifyFailure(printed(trait))).toMatchObject(failure);
  });

  it.each([
    ["nothing-decoded-audio", { code: "audio_not_decodable", streamIndex: 1 }],
    ["damaged-packet", { code: "video_not_decodable", streamIndex: 0 }],
  ])("names the track of %s when ffmpeg gave up for its rate of errors", (trait, failure) => {
    expect(classifyFailure({ ...printed(trait), exitCode: 69 })).toEqual(failure);
  });

  it("names the limit that a source exceeds", () => {
    expect(classifyFailure(printed("pixel-limit")).limit).toContain("8192x4320");
    expect(classifyFailure(printed("stream-limit")).limit).toContain("64 streams");
  });

  it("does not take a complaint about one packet for a source that is no media", () => {
    expect(classifyFailure(printed("damaged-packet")).code).toBe("encode_failed");
  });

  it("does not take a size that an encoder refuses for a fault of the source", () => {
    const stderrTail = "[libx264 @ 0x55d0] [error] width not divisible by 2 (63x47)";
    expect(classifyFailure(anEnd({ stderrTail })).code).toBe("encode_failed");
  });

  it("reads the signals of the kernel's limits", () => {
    const bySignal = (signal: string) => classifyFailure(anEnd({ exitCode: null, signal })).code;
    expect(bySignal("SIGKILL")).toBe("encode_out_of_memory");
    expect(bySignal("SIGXCPU")).toBe("encode_timed_out");
    expect(bySignal("SIGXFSZ")).toBe("encode_output_too_large");
    expect(bySignal("SIGSEGV")).toBe("encode_failed");
  });

  it("reads ffmpeg's own exit after a caught signal as a limit of time", () => {
    expect(classifyFailure(anEnd({ exitCode: 255 })).code).toBe("encode_timed_out");
  });

  it("knows its own kill for a limit of time, whatever was printed before", () => {
    expect(classifyFailure({ ...printed("disk-full"), signal: "SIGKILL", endedBy: "wall_limit" }).code).toBe(
      "encode_timed_out",
    );
  });

  it("gives an unknown complaint the meaning of the place", () => {
    expect(classifyFailure(anEnd({ stderrTail: "[error] something new" })).code).toBe("encode_failed");
    expect(classifyFailure(anEnd(), "source_not_media").code).toBe("source_not_media");
    expect(classifyFailure(anEnd({ endedBy: "stdout_limit" }), "source_not_media").code).toBe(
      "source_not_media",
    );
  });
});
