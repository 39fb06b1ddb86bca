import { describe, expect, it } from "vitest";
import { parseOutputs } from "../../../../worker/schemas/outputs-request.ts";
import { refusalOf } from "../../../support/request-bodies.ts";

const parse = (outputs: unknown, storagePath = "/") => parseOutputs(outputs, storagePath);
const parseOne = (format: string, fields: Record<string, unknown>) => parse({ [format]: fields })[0];

describe("parseOutputs", () => {
  it("keeps the request's order, expands lists in place and numbers their keys from 1", () => {
    const outputs = parse({
      "mp4:720p": { path: "/720.mp4" },
      "jpg:300x": [{ path: "/a.jpg" }, { path: "/b.jpg", key: "cover" }, { path: "/c.jpg" }],
      mp4: [{ path: "/only.mp4" }],
      httpstream: { hls: { path: "/hls" } },
    });
    expect(outputs.map(({ key, format, type }) => [key, format, type])).toEqual([
      ["mp4:720p", "mp4:720p", "video"],
      ["jpg:300x:1", "jpg:300x", "image"],
      ["cover", "jpg:300x", "image"],
      ["jpg:300x:3", "jpg:300x", "image"],
      ["mp4:1", "mp4", "video"],
      ["httpstream", "httpstream", "httpstream"],
    ]);
  });

  it("echoes the format letter by letter", () => {
    expect(parseOne("MP4:x1024::Quality=3", { path: "/a.mp4" })).toMatchObject({
      format: "MP4:x1024::Quality=3",
    });
  });

  it("refuses a format that leading zeros make longer than 200 characters", () => {
    expect(refusalOf(() => parseOne(`mp4:${"0".repeat(200)}720x`, { path: "/a.mp4" }))).toMatchObject({
      code: "output_format_not_valid",
      message: expect.stringContaining("is longer than 200 characters"),
    });
    expect(parseOne(`mp4:${"0".repeat(190)}720x`, { path: "/a.mp4" })).toMatchObject({ type: "video" });
  });

  it("takes 30 outputs", () => {
    expect(
      parse({ mp4: Array.from({ length: 30 }, (_, index) => ({ path: `/${index}.mp4` })) }),
    ).toHaveLength(30);
  });

  it.each([
    ["mp4", "/video.mp4"],
    ["mp4", "video.MP4"],
    ["mp4", "/a.b/video.m4v"],
    ["mp4", "/100%_@home.mp4"],
    ["mp4:x:64k", "/sound.m4a"],
    ["jpg", "/a.jpeg"],
    ["jpeg", "/a.jpg"],
    ["png", "/a//b.png"],
  ])("takes for %s the path %s as it is", (format, path) => {
    expect(parseOne(format, { path })).toMatchObject({ path });
  });

  it("takes offset and duration of a video", () => {
    expect(parseOne("mp4", { path: "/a.mp4", offset: 0, duration: 1 })).toMatchObject({
      offsetSeconds: 0,
      durationSeconds: 1,
    });
    expect(parseOne("mp4", { path: "/a.mp4", offset: 90 })).toMatchObject({
      offsetSeconds: 90,
      durationSeconds: null,
    });
  });

  it.each([
    [{ path: "/a.jpg" }, { by: "number", count: 1 }],
    [{ path: "/a_%02d.jpg" }, { by: "number", count: 1 }],
    [
      { path: "/a.jpg", number: 1 },
      { by: "number", count: 1 },
    ],
    [
      { path: "/a_%.2d.jpg", number: 100 },
      { by: "number", count: 100 },
    ],
    [
      { path: "/a_#num#.jpg", number: 2 },
      { by: "number", count: 2 },
    ],
    [
      { path: "/a.jpg", offsets: [1] },
      { by: "offsets", seconds: [1] },
    ],
    [
      { path: "/a_%1d.jpg", offsets: [9, 0] },
      { by: "offsets", seconds: [9, 0] },
    ],
    [
      { path: "/a_%05d.jpg", interval: 10 },
      { by: "interval", seconds: 10 },
    ],
    [
      { path: "/a_%05d.jpg", interval: 0 },
      { by: "interval", seconds: 0 },
    ],
  ])("reads the sampling of %j", (fields, sampling) => {
    expect(parseOne("jpg:300x", fields)).toMatchObject({ path: fields.path, sampling });
  });

  it("gives a stream its defaults", () => {
    const stream = parseOne("httpstream", { hls: { path: "/hls" } });
    expect(stream).toMatchObject({ path: "/", playlistName: "master", hls: { path: "/hls" } });
    expect(stream?.type === "httpstream" && stream.variants).toHaveLength(7);
  });

  it.each([
    [{ variants: ["mp4:480p"], hls: { path: "hls/", version: 3 } }],
    [{ hls: { path: "hls/", version: 3, variants: ["mp4:480p"] } }],
  ])("reads variants beside or inside hls: %j", (fields) => {
    const stream = parseOne("httpstream", { ...fields, path: "/v1", playlist_name: "index" });
    expect(stream).toMatchObject({
      path: "/v1",
      playlistName: "index",
      hls: { path: "hls/" },
      variants: [{ video: { resolution: { widthPx: null, heightPx: 480 } } }],
    });
  });

  it("accepts parameters to come when they ask for what happens anyway", () => {
    const off = { vflip: false, hflip: false, fit: "pad", format: {}, watermark: null };
    expect(parseOne("mp4", { path: "/a.mp4", ...off, deinterlace: false })).toMatchObject({ path: "/a.mp4" });
    expect(
      parseOne("jpg", { path: "/a.jpg", ...off, sprite: false, vtt: false, square: false }),
    ).toBeDefined();
  });

  it("keeps the condition as it was written", () => {
    const condition = "{{ input.width }}>=1280";
    expect(parseOne("mp4", { path: "/a.mp4", if: condition })).toMatchObject({ condition });
    expect(parseOne("mp4", { path: "/a.mp4" })).toMatchObject({ condition: null });
  });

  it("lets two outputs share a path only when both have a condition", () => {
    const [wide, tall] = [
      { path: "/a.mp4", if: "{{ input.width }} > 1" },
      { path: "/a.mp4", if: "{{ input.height }} > 1" },
    ];
    expect(parse({ mp4: wide, "mp4:480p": tall })).toHaveLength(2);
    const refusal = refusalOf(() => parse({ mp4: wide, "mp4:480p": { path: "a.mp4" } }));
    expect(refusal.message).toContain("outputs.mp4:480p.path leads to the same file as outputs.mp4.path.");
  });

  it("counts the storage's path towards the length of a key", () => {
    const path = `/${"a".repeat(950)}.mp4`;
    expect(parse({ mp4: { path } }, "/short")).toHaveLength(1);
    expect(refusalOf(() => parse({ mp4: { path } }, "/a-much-much-longer-prefix")).code).toBe(
      "output_path_not_valid",
    );
  });

  it("shortens endless names in its errors", () => {
    const refusal = refusalOf(() => parse({ ["x".repeat(100_000)]: {} }));
    expect(refusal.message.length).toBeLessThan(500);
  });
});
