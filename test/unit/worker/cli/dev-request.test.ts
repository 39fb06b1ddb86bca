import { describe, expect, it } from "vitest";
import { UsageError } from "../../../../worker/cli/cli-error.ts";
import { parseDevRequest } from "../../../../worker/cli/dev-request.ts";

describe("parseDevRequest", () => {
  it("has the documented defaults", () => {
    expect(parseDevRequest([])).toEqual({
      port: 8787,
      encoderCount: 2,
      state: null,
      fresh: false,
      isVerbose: false,
    });
  });

  it("reads every flag", () => {
    expect(parseDevRequest(["--port", "0", "--encoders=16", "--state", "s", "--fresh", "--verbose"])).toEqual(
      {
        port: 0,
        encoderCount: 16,
        state: "s",
        fresh: true,
        isVerbose: true,
      },
    );
  });

  it.each([
    [["--prot", "1"], "Unknown option '--prot'."],
    [["--port", "x"], "--port x: give a whole number from 0 to 65535."],
    [["--port", "65536"], "--port 65536: give a whole number from 0 to 65535."],
    [["--encoders", "0"], "--encoders 0: give a whole number from 1 to 16."],
    [["--state", ""], "--state: give a directory."],
    [["8788"], '"8788" is one word too many.'],
  ])("refuses %j and says why", (argv, sentence) => {
    expect(() => parseDevRequest(argv)).toThrow(new UsageError(sentence));
  });
});
