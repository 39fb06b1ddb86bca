import { describe, expect, it } from "vitest";
import { parseFrameChecksum } from "../../../../../encoder/ffmpeg/chunk/frame-checksum.ts";

const HEAD = "#format: frame checksums\n#stream#, dts,        pts, duration,     size, hash\n";

describe("parseFrameChecksum", () => {
  it("takes time, size and checksum of the first frame", () => {
    const line = "0,     720720,     720720,    12012,    21600, a0ea007c66d633215d09de4896165839\n";
    expect(parseFrameChecksum(HEAD + line)).toBe("720720:21600:a0ea007c66d633215d09de4896165839");
  });

  it("has nothing to say of no frame", () => {
    expect(parseFrameChecksum(HEAD)).toBeNull();
    expect(parseFrameChecksum("")).toBeNull();
  });
});
