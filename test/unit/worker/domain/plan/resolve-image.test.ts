import { describe, expect, it } from "vitest";
import type { MediaInfo, VideoInfo } from "../../../../../encoder/contract/media-info.ts";
import { animationSpecSchema, imageSpecSchema } from "../../../../../encoder/contract/output-spec.ts";
import type { OutputRequest } from "../../../../../worker/domain/job-spec.ts";
import { resolveImage } from "../../../../../worker/domain/plan/resolve-image.ts";
import { aMediaInfo, anAnimation, anImage, aPictureRequest } from "../../../../support/job-builders.ts";
import { aFrame } from "../../../../support/output-specs.ts";

const OWN_SIZE = { widthPx: null, heightPx: null };

function resolve(request: OutputRequest, media: MediaInfo = aMediaInfo()) {
  if (request.type !== "image") {
    throw new Error("not an image");
  }
  return resolveImage(request, media);
}

function images(request: OutputRequest, media?: MediaInfo) {
  const resolved = resolve(request, media);
  if (!resolved.ok || resolved.demand.kind !== "images") {
    throw new Error("no stills");
  }
  const { image, vttPath } = resolved.demand;
  expect(imageSpecSchema.parse(image)).toEqual(image);
  return { image, vttPath, paths: resolved.paths };
}

function animation(request: OutputRequest, media?: MediaInfo) {
  const resolved = resolve(request, media);
  if (!resolved.ok || resolved.demand.kind !== "animation") {
    throw new Error("no animation");
  }
  expect(animationSpecSchema.parse(resolved.demand.animation)).toEqual(resolved.demand.animation);
  return { animation: resolved.demand.animation, paths: resolved.paths };
}

function aSource(video: Partial<VideoInfo>): MediaInfo {
  const media = aMediaInfo();
  return aMediaInfo({ video: media.video && { ...media.video, ...video } });
}

describe("resolveImage", () => {
  it("names one file per picture and keeps odd sizes", () => {
    const { image, paths, vttPath } = images(anImage({ resolution: { widthPx: 333, heightPx: null } }));
    expect(image).toMatchObject({ format: "jpg", atSeconds: [5, 10, 15], sprite: null });
    expect(image.picture.frame).toMatchObject({ widthPx: 333, heightPx: 187 });
    expect(paths).toEqual(["/thumb_01.jpg", "/thumb_02.jpg", "/thumb_03.jpg"]);
    expect(vttPath).toBeNull();
  });

  it("writes JPEG in full-range BT.601 and the others in RGB, with alpha where the source has it", () => {
    const pixels = (request: OutputRequest, media?: MediaInfo) => {
      const { colour, pixelFormat } = images(request, media).image.picture;
      return [colour.matrix, colour.range, pixelFormat];
    };
    const transparent = aSource({ hasAlpha: true });
    expect(pixels(anImage())).toEqual(["bt601", "pc", "yuvj420p"]);
    expect(pixels(anImage(), transparent)).toEqual(["bt601", "pc", "yuvj420p"]);
    for (const container of ["png", "webp"] as const) {
      expect(pixels(anImage({ container }))).toEqual(["rgb", "pc", "rgb24"]);
      expect(pixels(anImage({ container }), transparent)).toEqual(["rgb", "pc", "rgba"]);
    }
  });

  it("maps the colours of HDR sources, and carries those of others on", () => {
    const hdr = { matrix: "bt2020nc", primaries: "bt2020", transfer: "smpte2084", range: "tv" } as const;
    const { colour } = images(anImage(), aSource({ colour: hdr })).image.picture;
    expect(colour).toMatchObject({ primaries: "bt709", transfer: "bt709" });
  });

  it.each([
    [{ widthPx: 400, heightPx: null }, 400],
    [{ widthPx: null, heightPx: 240 }, 240],
    [{ widthPx: 400, heightPx: 300 }, 400],
    [OWN_SIZE, 720],
  ])("fills a square for %o", (resolution, side) => {
    const { picture } = images(anImage({ resolution, isSquare: true })).image;
    expect(picture.frame).toMatchObject({ widthPx: side, heightPx: side, scaledHeightPx: side });
    expect(picture.frame.scaledWidthPx).toBe(Math.round((side * 16) / 9));
  });

  it("hands turns, blur and watermark on", () => {
    const watermark = { source: 1, position: "topleft" } as const;
    const picture = aPictureRequest({ transpose: 1, hflip: true, watermark });
    const resolved = images(anImage({ picture, blur: 3, resolution: OWN_SIZE })).image.picture;
    expect(resolved).toMatchObject({ transpose: 1, hflip: true, vflip: false, blur: 3 });
    expect(resolved.frame).toEqual(aFrame(720, 1280));
    expect(resolved.watermark).toMatchObject({ source: 1, position: "topleft", maxWidthPx: 144 });
  });

  it("counts sprite files, not tiles", () => {
    const sampling = { by: "interval", seconds: 1 } as const;
    const sprite = { columns: 4, limit: 8 };
    const { image, paths } = images(anImage({ sampling, sprite }));
    expect(image.atSeconds).toHaveLength(20);
    expect(image.sprite).toEqual({ columns: 4, tilesPerFile: 8 });
    expect(paths).toEqual(["/thumb_01.jpg", "/thumb_02.jpg", "/thumb_03.jpg"]);
    const one = images(anImage({ sampling, sprite: { columns: 4, limit: null }, path: "/s.jpg" }));
    expect(one.paths).toEqual(["/s.jpg"]);
  });

  it("puts the WebVTT file beside the pictures", () => {
    expect(images(anImage({ vtt: { filename: null } })).vttPath).toBe("/thumb.vtt");
    expect(images(anImage({ vtt: { filename: "x.vtt" }, path: "/a/b_%d.jpg" })).vttPath).toBe("/a/x.vtt");
  });

  it("refuses what its format cannot hold", () => {
    const wide = aSource({ displayWidthPx: 20_000, displayHeightPx: 400 });
    const tooLarge = (request: OutputRequest, media?: MediaInfo) => {
      const resolved = resolve(request, media);
      return resolved.ok ? null : resolved.failure.code;
    };
    expect(tooLarge(anImage({ container: "webp", resolution: OWN_SIZE }), wide)).toBe("image_too_large");
    expect(tooLarge(anImage({ resolution: OWN_SIZE }), wide)).toBeNull();
    const sprite = { columns: 40, limit: null };
    const many = anImage({
      container: "webp",
      resolution: { widthPx: 640, heightPx: null },
      sampling: { by: "number", count: 100 },
      sprite,
    });
    expect(tooLarge(many)).toBe("sprite_too_large");
  });

  it("fails without a picture", () => {
    const failure = { code: "input_has_no_video" };
    const silent = aMediaInfo({ video: null });
    expect(resolve(anImage(), silent)).toEqual({ ok: false, failure });
    expect(resolve(anAnimation(), silent)).toEqual({ ok: false, failure });
  });

  it("makes a moving picture of ten frames a second from excerpts", () => {
    const gif = animation(anAnimation());
    expect(gif.animation).toMatchObject({ format: "gif", frameRate: { num: 10, den: 1 } });
    expect(gif.animation.excerpts).toEqual([
      { startSeconds: 3.5, durationSeconds: 3 },
      { startSeconds: 13.5, durationSeconds: 3 },
    ]);
    expect(gif.paths).toEqual(["/preview.gif"]);
    expect(animation(anAnimation({ container: "webp_anim" })).animation.format).toBe("webp");
  });

  it("keeps a GIF whose width nobody gave to 500 pixels, in its own shape", () => {
    const frame = (request: OutputRequest, media?: MediaInfo) =>
      animation(request, media).animation.picture.frame;
    expect(frame(anAnimation({ resolution: OWN_SIZE }))).toMatchObject({ widthPx: 500, heightPx: 281 });
    expect(frame(anAnimation({ resolution: { widthPx: null, heightPx: 720 } })).widthPx).toBe(500);
    expect(frame(anAnimation({ resolution: OWN_SIZE, isSquare: true }))).toMatchObject({
      widthPx: 500,
      heightPx: 500,
    });
    const small = aSource({ displayWidthPx: 321, displayHeightPx: 240 });
    expect(frame(anAnimation({ resolution: OWN_SIZE }), small)).toEqual(aFrame(321, 240));
    const upright = anAnimation({ resolution: OWN_SIZE, picture: aPictureRequest({ transpose: 1 }) });
    expect(frame(upright)).toMatchObject({ widthPx: 500, heightPx: 889 });
    const webp = anAnimation({ container: "webp_anim", resolution: OWN_SIZE });
    expect(frame(webp)).toEqual(aFrame(1280, 720));
  });
});
