import { describe, expect, it } from "vitest";
import { NO_QUIRKS } from "../../../../worker/domain/quirks.ts";
import { parseOutputs } from "../../../../worker/schemas/outputs-request.ts";
import { inProduction, parsed, refusalOf } from "../../../support/request-bodies.ts";

const parse = (outputs: unknown, storagePath = "/", quirks = NO_QUIRKS, watermarkUrls: string[] = []) =>
  parsed((problems) =>
    parseOutputs(outputs, {
      problems,
      options: inProduction(),
      randomHex: inProduction().randomHex,
      quirks,
      storagePath,
      watermarkUrls,
      subtitleUrls: [],
      streamKeys: [],
    }),
  );
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
    ["webm:vp9", "/a.webm"],
    ["mpegts", "/a.ts"],
    ["hls", "/a.m2ts"],
    ["asf", "/a.wmv"],
    ["wav", "/a.wav"],
    ["m4a", "/a.m4a"],
    ["ogg:opus", "/a.opus"],
    ["webp_anim", "/a.webp"],
    ["gif:320x", "/a.gif"],
    ["mp4", "/{{ input.width }}x{{input.height}}/{{ input.metadata.format.tags.title }}.mp4"],
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

  it("overlooks defaults that clients send to every kind of output", () => {
    const off = { vflip: false, hflip: false, fit: "pad", format: {}, watermark: null };
    expect(parseOne("mp3", { path: "/a.mp3", ...off, deinterlace: false })).toMatchObject({ path: "/a.mp3" });
    expect(
      parseOne("gif", { path: "/a.gif", ...off, sprite: false, vtt: false, square: false }),
    ).toBeDefined();
    expect(parseOne("jpg", { path: "/a.jpg", ...off, deinterlace: false })).toBeDefined();
    expect(
      parseOne("httpstream", { hls: { path: "/hls" }, fit: "pad", offset: 0, dash: null }),
    ).toBeDefined();
  });

  it("takes what is done to a video's picture", () => {
    const turned = { fit: "crop", transpose: 3, hflip: true, vflip: true, deinterlace: false };
    expect(parseOne("mp4", { path: "/a.mp4", ...turned })).toMatchObject({
      picture: { ...turned, watermark: null },
    });
    expect(parseOne("mp4", { path: "/a.mp4" })).toMatchObject({
      picture: { fit: "pad", transpose: null, hflip: false, vflip: false, deinterlace: null },
    });
  });

  it("keeps the addresses of watermarks apart, each once", () => {
    const watermarkUrls: string[] = [];
    const logo = { url: "https://cdn.example.com/logo.png?token=hush#x", position: "topleft" };
    const outputs = parse(
      {
        mp4: { path: "/a.mp4", watermark: logo },
        webm: { path: "/a.webm", watermark: { url: "https://cdn.example.com/other.jpg" } },
        jpg: { path: "/a.jpg", watermark: { ...logo, position: "bottomleft" } },
      },
      "/",
      NO_QUIRKS,
      watermarkUrls,
    );
    expect(outputs.map((output) => output.type !== "httpstream" && output.picture.watermark)).toEqual([
      { source: 0, position: "topleft" },
      { source: 1, position: "bottomright" },
      { source: 0, position: "bottomleft" },
    ]);
    expect(watermarkUrls).toEqual([
      "https://cdn.example.com/logo.png?token=hush",
      "https://cdn.example.com/other.jpg",
    ]);
    expect(JSON.stringify(outputs)).not.toContain("cdn.example.com");
  });

  it("takes every parameter of stills", () => {
    const fields = {
      ...{ path: "/thumbs_%05d.webp", interval: 5, sprite: { limit: 100, columns: 10 } },
      ...{ vtt: { filename: "thumbs.vtt" }, square: true, blur: 5 },
    };
    expect(parseOne("webp:160x", fields)).toMatchObject({
      container: "webp",
      sampling: { by: "interval", seconds: 5 },
      sprite: { limit: 100, columns: 10 },
      vtt: { filename: "thumbs.vtt" },
      isSquare: true,
      blur: 5,
    });
    expect(parseOne("jpg", { path: "/a.jpg", number: 50, sprite: true, vtt: true })).toMatchObject({
      sprite: { columns: 4, limit: null },
      vtt: { filename: null },
      isSquare: false,
      blur: 0,
    });
    expect(parseOne("jpg", { path: "/a.jpg", sprite: false, vtt: false })).toMatchObject({
      sprite: null,
      vtt: null,
    });
  });

  it.each<[Record<string, unknown>, string]>([
    [{ number: 100, sprite: { limit: 100 } }, "one file holds all tiles"],
    [{ interval: 1, sprite: true }, "one file holds any number of tiles"],
    [{ offsets: [3] }, "there is one picture"],
  ])("needs no sequence in the path for %j: %s", (fields) => {
    expect(parseOne("jpg", { path: "/a.jpg", ...fields })).toBeDefined();
  });

  it.each([
    [{}, { number: 1, durationSeconds: 5 }],
    [{ scene: {} }, { number: 1, durationSeconds: 5 }],
    [{ scene: { number: 10, duration: 6 } }, { number: 10, durationSeconds: 6 }],
  ])("reads the scene of an animation %j", (fields, scene) => {
    expect(parseOne("gif:500x", { path: "/a.gif", ...fields })).toMatchObject({ container: "gif", scene });
    expect(parseOne("webp_anim", { path: "/a.webp", ...fields })).toMatchObject({ scene });
  });

  it.each<[string, Record<string, unknown>, string]>([
    ["avi:240p", { resolution: "0x240", video_bitrate: "500k" }, "avi:0x240_500k"],
    ["webm:480p", { resolution: "0x480" }, "webm:0x480"],
    ["mp4", { quality: 4 }, "mp4:::quality=4"],
    ["mp4:720p", { video_bitrate: 1200, fps: 25 }, "mp4:720p_1200k_25fps"],
    ["mp4:720p", { video_bitrate: "1200K", fps: "29.97fps" }, "mp4:720p_1200k_29.97fps"],
    ["MP4:2000K_720P:Mono", { audio_bitrate: "96k" }, "mp4:720p_2000k:96k_mono"],
    [
      "mp4:720p:64k",
      { audio_codec: "ac3", sample_rate: 48000, channels: 2 },
      "mp4:720p:ac3_64k_48000hz_stereo",
    ],
    ["mp4", { audio_channels: "mono" }, "mp4::mono"],
    ["mp4:480p::2pass", { "2pass": false, frag: true, metadata: false }, "mp4:480p::frag,metadata=0"],
    ["mp4:480p", { "2pass": true, metadata: 1 }, "mp4:480p::2pass,metadata=1"],
    [
      "mp4",
      { vprofile: "high", level: 4.1, pix_fmt: "yuv420p" },
      "mp4:::vprofile=high,level=4.1,pix_fmt=yuv420p",
    ],
    ["mp4", { video_codec: "novideo", audio_bitrate: 64 }, "mp4:novideo:64k"],
    ["mp4", { video_codec: "h265" }, "mp4:hevc"],
    ["mov", { video_codec: "prores_ks", vprofile: 3 }, "mov:prores::vprofile=3"],
    ["mov", { audio_codec: "pcm_s16le" }, "mov::pcm-s16le"],
    ["mp4:x:64k", { audio_channel: "mono" }, "mp4:x:64k_mono"],
    ["mp3:64k", { sample_rate: "22050hz" }, "mp3:64k_22050hz"],
    ["mp3:64k", { metadata: 0 }, "mp3:64k:metadata=0"],
    ["hls:480p", { fps: 30 }, "mpegts:480p_30fps"],
  ])("echoes %s with format %j as %s, which means the same", (name, format, echo) => {
    const [container = ""] = echo.split(":");
    const extension = { mpegts: "ts" }[container] ?? container;
    const path = `/a.${extension}`;
    const output = parseOne(name, { path, format });
    expect(output).toMatchObject({ key: name, format: echo });
    const { key: _, ...meaning } = output ?? {};
    const { key: __, ...again } = parseOne(echo, { path }) ?? {};
    expect(again).toEqual(meaning);
  });

  it.each<[string, Record<string, unknown>, string]>([
    ["jpg:400x", { square: true }, "jpg:400x400"],
    ["jpeg:x300", { square: true }, "jpg:300x300"],
    ["jpg", { square: true }, "jpg"],
    ["jpg:400x", { format: { resolution: "200x" }, square: true }, "jpg:200x200"],
    ["jpg:400x", { format: { resolution: "720p" } }, "jpg:720p"],
    ["jpg:400x", { format: { resolution: "720p" }, square: false }, "jpg:720p"],
  ])("echoes %s with %j as %s", (name, fields, echo) => {
    expect(parseOne(name, { path: "/a.jpg", ...fields })).toMatchObject({ format: echo });
  });

  it("lets the hash take back what the name could not have", () => {
    expect(parseOne("webm:h264", { path: "/a.webm", format: { video_codec: "vp9" } })).toMatchObject({
      rendition: { video: { codec: "vp9" } },
    });
  });

  it("encodes H.264 as Coconut does where the operator asks for it", () => {
    const quirks = new Set(["baseline"] as const);
    const profileOf = (format: string) =>
      parse({ [format]: { path: `/a.${format.slice(0, 3)}` } }, "/", quirks).map(
        (output) => output.type === "video" && output.rendition.video,
      )[0];
    expect(profileOf("mp4:720p")).toMatchObject({ profile: "baseline", level: 30, pixelFormat: "yuv420p" });
    expect(profileOf("mp4:720p::quality=4")).toMatchObject({ profile: null, level: null });
    expect(profileOf("mp4:720p::vprofile=main")).toMatchObject({ profile: "main", level: null });
    expect(profileOf("mp4:hevc_720p")).toMatchObject({ profile: null, level: null });
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
    expect(refusal.message).toContain(
      "outputs.mp4:480p.path leads to a file that outputs.mp4.path leads to as well",
    );
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
