import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import {
  classifyFailure,
  tellsOfDamage,
  type ProcessEnd,
} from "../../../../encoder/ffmpeg/classify-failure.ts";

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
    ["disk-full", "scratch_full"],
    ["file-size-limit", "encode_output_too_large"],
    ["pixel-limit", "source_limits_exceeded"],
    ["stream-limit", "source_limits_exceeded"],
    ["memory-limit-x264", "encode_out_of_memory"],
    ["memory-limit-decoder", "encode_out_of_memory"],
    ["playlist-in-disguise", "source_not_media"],
    ["no-index", "source_not_media"],
    ["text-file", "source_not_media"],
  ])("reads %s as %s", (trait, code) => {
    expect(classifyFailure(printed(trait)).code).toBe(code);
  });

  it("names the limit that a source exceeds", () => {
    expect(classifyFailure(printed("pixel-limit")).limit).toContain("8192x4320");
    expect(classifyFailure(printed("stream-limit")).limit).toContain("64 streams");
  });

  it("does not take a complaint about one packet for a source that is no media", () => {
    expect(classifyFailure(printed("damaged-packet")).code).toBe("encode_failed");
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

describe("tellsOfDamage", () => {
  it("finds a file that breaks off", () => {
    expect(tellsOfDamage(printed("cut-off").stderrTail)).toBe(true);
    expect(tellsOfDamage("[warning] deprecated pixel format used")).toBe(false);
  });
});
