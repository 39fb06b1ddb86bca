import { describe, expect, it } from "vitest";
import { findPathConflict } from "../../../../worker/domain/path-conflict.ts";
import { anImage, aStream, aVideo } from "../../../support/job-builders.ts";

const hls = (path: string) => ({ path, version: 4, isLiveEdge: false, encryption: null }) as const;
const dash = (path: string, hasHls = false) => ({ path, hasHls, encryption: null });
const SUBTITLES = { tracks: "all" as const, files: [] };

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
      [aStream(), aStream({ path: "/hls", hls: hls("/"), playlistName: "other" })],
    ],
    [
      "one folder for the fMP4 of two streams",
      [aStream({ hls: null, dash: dash("/a") }), aStream({ hls: null, dash: dash("a/"), playlistName: "b" })],
    ],
    [
      "one master playlist for two packages",
      [aStream({ hls: hls("/a") }), aStream({ hls: null, dash: dash("/a", true) })],
    ],
    [
      "one folder for the subtitles of two packages",
      [
        aStream({ hls: hls("/a"), subtitles: SUBTITLES }),
        aStream({ hls: null, dash: dash("/a"), subtitles: SUBTITLES }),
      ],
    ],
    [
      "a package among the media of another",
      [aStream({ hls: hls("/a") }), aStream({ hls: hls("/a/media-2") })],
    ],
    [
      "a package around another's",
      [aStream({ hls: hls("/video/1") }), aStream({ hls: null, dash: dash("/") })],
    ],
    [
      "a video that is called like a segment",
      [aStream({ hls: null, dash: dash("/d") }), aVideo({ path: "/d/video/avc1/1/init.mp4" })],
    ],
    [
      "a WebVTT file among subtitles",
      [
        aStream({ subtitles: SUBTITLES }),
        anImage({ path: "/hls/text/en-1/t_%d.jpg", vtt: { filename: "subtitles.vtt" } }),
      ],
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
    ["streams in folders of their own", [aStream(), aStream({ hls: hls("/hls2") })]],
    ["packages without a file in common", [aStream(), aStream({ hls: null, dash: dash("/hls") })]],
    ["a package in another's folder", [aStream(), aStream({ hls: hls("/hls/trailer") })]],
    [
      "thumbnails in a stream's folder",
      [aStream(), anImage({ path: "/hls/thumbs/t_%d.jpg", vtt: { filename: "thumbs.vtt" } })],
    ],
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
