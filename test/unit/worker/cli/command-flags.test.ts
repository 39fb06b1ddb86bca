import { describe, expect, it } from "vitest";
import { UsageError } from "../../../../worker/cli/cli-error.ts";
import { parseFlags, parseInteger } from "../../../../worker/cli/command-flags.ts";

const LINE = {
  maxPositionals: 1,
  options: { port: { type: "string" }, fresh: { type: "boolean" } },
} as const;

describe("parseFlags", () => {
  it("reads flags and words in any order", () => {
    const parsed = parseFlags(["--fresh", "video.mp4", "--port=9000"], LINE);
    expect(parsed.values).toEqual({ fresh: true, port: "9000" });
    expect(parsed.positionals).toEqual(["video.mp4"]);
  });

  it("refuses a flag that does not exist and names it", () => {
    expect(() => parseFlags(["--prot", "1"], LINE)).toThrow(new UsageError("Unknown option '--prot'."));
  });

  it("refuses a flag without its value", () => {
    expect(() => parseFlags(["--port"], LINE)).toThrow(/^Option '--port <value>' argument missing\.$/);
  });

  it("refuses a word too many and names it", () => {
    expect(() => parseFlags(["a.mp4", "b.mp4"], LINE)).toThrow(
      new UsageError('"b.mp4" is one word too many.'),
    );
  });
});

describe("parseInteger", () => {
  const range = { min: 1, max: 16, fallback: 2 };

  it("takes the ends of the range and the fallback for an absent flag", () => {
    expect(parseInteger("encoders", "1", range)).toBe(1);
    expect(parseInteger("encoders", "16", range)).toBe(16);
    expect(parseInteger("encoders", undefined, range)).toBe(2);
  });

  it.each(["0", "17", "-1", "1.5", "two", "", "1e1", " 2", "99999999999"])(
    "refuses %j and names flag, value and range",
    (text) => {
      expect(() => parseInteger("encoders", text, range)).toThrow(
        new UsageError(`--encoders ${text}: give a whole number from 1 to 16.`),
      );
    },
  );
});
