import { describe, expect, it } from "vitest";
import { didYouMean, nameList, nearestName } from "../../../../worker/domain/name-list.ts";

describe("nearestName", () => {
  it.each([
    ["webn", "webm"],
    ["WEBM", "webm"],
    ["wbem", "webm"],
    ["wbm", "webm"],
    ["weebm", "webm"],
    ["mpeg", "mpegts"],
    ["flack", "flac"],
    ["mp4", "mp4"],
    ["mp5", "mp4"],
    ["watermrak", "watermark"],
  ])("takes %s for %s", (text, name) => {
    expect(nearestName(text, ["mp4", "webm", "mpegts", "flac", "watermark"])).toBe(name);
  });

  it.each(["", "x", "xyz", "container", "m", "webm".repeat(100)])("takes %j for nothing", (text) => {
    expect(nearestName(text, ["mp4", "webm", "mpegts", "flac"])).toBeNull();
  });
});

describe("didYouMean", () => {
  it("asks, or says nothing", () => {
    expect(didYouMean("acc", ["aac", "mp3"])).toBe("Did you mean 'aac'?");
    expect(didYouMean("quark", ["aac", "mp3"])).toBeUndefined();
  });
});

describe("nameList", () => {
  it("joins names as a sentence does", () => {
    expect(nameList([])).toBe("");
    expect(nameList(["a"])).toBe("a");
    expect(nameList(["a", "b"], "or")).toBe("a or b");
    expect(nameList(["a", "b", "c"])).toBe("a, b and c");
  });
});
