import { describe, expect, it } from "vitest";
import { vttPath } from "../../../../../worker/domain/plan/vtt-path.ts";

describe("vttPath", () => {
  it.each([
    ["/thumb.jpg", "/thumb.vtt"],
    ["/thumbs_%05d.webp", "/thumbs.vtt"],
    ["/a/b/thumb-%.2d.jpg", "/a/b/thumb.vtt"],
    ["/thumb.%d.png", "/thumb.vtt"],
    ["/thumb#num#.jpg", "/thumb.vtt"],
    ["/thumb_%02d_small.jpg", "/thumb_small.vtt"],
    ["/my%20dog %02d.jpg", "/my%20dog.vtt"],
    ["/a/%05d.jpg", "/a/thumbnails.vtt"],
    ["%d.jpg", "thumbnails.vtt"],
    ["/a/%02d/thumb.jpg", "/a/thumb.vtt"],
    ["%02d/thumb.jpg", "thumb.vtt"],
    ["/take_%02d/thumb.jpg", "/take/thumb.vtt"],
    ["/v1.2/thumb", "/v1.2/thumb.vtt"],
  ])("is made of %s as %s", (path, expected) => {
    expect(vttPath(path, null)).toBe(expected);
  });

  it.each([
    ["/a/thumb_%02d.jpg", "/a/my.vtt"],
    ["/a/%02d/thumb.jpg", "/a/my.vtt"],
    ["thumb.jpg", "my.vtt"],
  ])("puts a given name beside the pictures of %s", (path, expected) => {
    expect(vttPath(path, "my.vtt")).toBe(expected);
  });
});
