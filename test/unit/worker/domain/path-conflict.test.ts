import { describe, expect, it } from "vitest";
import { findPathConflict } from "../../../../worker/domain/path-conflict.ts";
import { anImage, aStream, aVideo } from "../../../support/job-builders.ts";

const WIDE = "{{ input.width }} > 1";

describe("findPathConflict", () => {
  it.each([
    ["two videos of one path", [aVideo(), aVideo()]],
    ["paths that differ by a leading slash", [aVideo({ path: "v.mp4" }), aVideo({ path: "/v.mp4" })]],
    ["one condition only", [aVideo({ condition: WIDE }), aVideo()]],
    ["the same images", [anImage(), anImage()]],
    [
      "one image among several",
      [
        anImage({ path: "/t_02.jpg", sampling: { by: "number", count: 1 } }),
        anImage({ path: "/t_%.2d.jpg" }),
      ],
    ],
    [
      "one image among any number",
      [
        anImage({ path: "/t_%d.jpg", sampling: { by: "interval", seconds: 5 } }),
        anImage({ path: "/t_12345.jpg", sampling: { by: "number", count: 1 } }),
      ],
    ],
    [
      "two intervals of one pattern",
      [
        anImage({ path: "/t_%d.jpg", sampling: { by: "interval", seconds: 5 } }),
        anImage({ path: "/t_%05d.jpg", sampling: { by: "interval", seconds: 2 } }),
      ],
    ],
    [
      "two sprites",
      [
        anImage({ path: "/t.jpg", sprite: { columns: 4, limit: null } }),
        anImage({ path: "/t.jpg", sampling: { by: "number", count: 1 } }),
      ],
    ],
    [
      "the second file of a sprite",
      [
        anImage({ path: "/t_%d.jpg", sprite: { columns: 2, limit: 2 } }),
        anImage({ path: "/t_2.jpg", sampling: { by: "number", count: 1 } }),
      ],
    ],
    [
      "two WebVTT files",
      [
        anImage({ path: "/t_%d.jpg", vtt: { filename: null } }),
        anImage({ path: "/u_%d.jpg", vtt: { filename: "t.vtt" } }),
      ],
    ],
    [
      "one path with variables",
      [aVideo({ path: "/{{ input.width }}.mp4" }), aVideo({ path: "{{ input.width }}.mp4" })],
    ],
    [
      "one folder for two streams",
      [aStream(), aStream({ path: "/hls", hls: { path: "/" }, playlistName: "other" })],
    ],
  ])("finds %s", (_, outputs) => {
    expect(findPathConflict(outputs, "/prefix")).toEqual([0, 1]);
  });

  it.each([
    ["different paths", [aVideo({ path: "/a.mp4" }), aVideo({ path: "/b.mp4" })]],
    ["paths that differ by a double slash", [aVideo({ path: "/a//v.mp4" }), aVideo({ path: "/a/v.mp4" })]],
    ["conditions on both", [aVideo({ condition: WIDE }), aVideo({ condition: `not ${WIDE}` })]],
    [
      "an image beyond the end of a sequence",
      [
        anImage({ path: "/t_%.2d.jpg" }),
        anImage({ path: "/t_04.jpg", sampling: { by: "number", count: 1 } }),
      ],
    ],
    [
      "a sprite that fills one file",
      [
        anImage({ path: "/t_%d.jpg", sprite: { columns: 2, limit: 3 } }),
        anImage({ path: "/t_2.jpg", sampling: { by: "number", count: 1 } }),
      ],
    ],
    ["streams in folders of their own", [aStream(), aStream({ hls: { path: "/hls2" } })]],
    ["a video in a stream's folder", [aStream(), aVideo({ path: "/hls/v.mp4" })]],
  ])("finds nothing wrong with %s", (_, outputs) => {
    expect(findPathConflict(outputs, "/")).toBeNull();
  });

  it("names the first pair", () => {
    expect(
      findPathConflict([aVideo({ path: "/x.mp4" }), anImage(), aVideo(), anImage(), aVideo()], "/"),
    ).toEqual([1, 3]);
  });
});
