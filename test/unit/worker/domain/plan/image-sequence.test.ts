import { describe, expect, it } from "vitest";
import {
  aroundSequence,
  countSequences,
  numberedPath,
} from "../../../../../worker/domain/plan/image-sequence.ts";

describe("numberedPath", () => {
  it.each([
    ["/thumb_%.2d.jpg", 1, "/thumb_01.jpg"],
    ["/thumb_%02d.jpg", 7, "/thumb_07.jpg"],
    ["/thumb_%05d.jpg", 12, "/thumb_00012.jpg"],
    ["/thumb_%5d.jpg", 12, "/thumb_00012.jpg"],
    ["/thumb_%1d.jpg", 12, "/thumb_12.jpg"],
    ["/thumb_%d.jpg", 3, "/thumb_3.jpg"],
    ["/thumb_%.2d.jpg", 123, "/thumb_123.jpg"],
    ["/thumb_#num#.jpg", 4, "/thumb_04.jpg"],
    ["/%02d/thumb.jpg", 2, "/02/thumb.jpg"],
    ["/thumb.jpg", 2, "/thumb.jpg"],
    ["/my%20dog.jpg", 2, "/my%20dog.jpg"],
    ["/100%_%s_%x.jpg", 2, "/100%_%s_%x.jpg"],
  ])("names image %s number %i %s", (path, number, expected) => {
    expect(numberedPath(path, number)).toBe(expected);
  });
});

describe("countSequences", () => {
  it.each([
    ["/thumb.jpg", 0],
    ["/my%20dog.jpg", 0],
    ["/thumb_%02d.jpg", 1],
    ["/%d/thumb_%02d.jpg", 2],
    ["/thumb_#num#_%d.jpg", 2],
  ])("finds in %s %i", (path, expected) => {
    expect(countSequences(path)).toBe(expected);
  });
});

describe("aroundSequence", () => {
  it("gives what stands before and after the number", () => {
    expect(aroundSequence("/a/t_%.2d.jpg")).toEqual({ before: "/a/t_", after: ".jpg" });
    expect(aroundSequence("/a/t.jpg")).toBeNull();
  });
});
