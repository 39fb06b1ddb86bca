import { describe, expect, it } from "vitest";
import { findForeignMatrix, readColour } from "../../../../../encoder/ffmpeg/probe/read-colour.ts";

const SMALL = { codec_type: "video", codec_name: "h264", pix_fmt: "yuv420p", width: 640, height: 480 };
const HD = { ...SMALL, width: 1920, height: 1080 };

const SD_525 = { matrix: "bt601", primaries: "smpte170m", transfer: "smpte170m", range: "tv" };
const SD_625 = { ...SD_525, primaries: "bt470bg" };
const BT709 = { matrix: "bt709", primaries: "bt709", transfer: "bt709", range: "tv" };

describe("readColour", () => {
  it("takes complete tags as they are", () => {
    const tags = {
      color_space: "bt2020nc",
      color_primaries: "bt2020",
      color_transfer: "smpte2084",
      color_range: "tv",
    };
    expect(readColour({ ...HD, ...tags })).toEqual({
      matrix: "bt2020nc",
      primaries: "bt2020",
      transfer: "smpte2084",
      range: "tv",
    });
    const old = {
      color_space: "bt470bg",
      color_primaries: "bt470bg",
      color_transfer: "bt470bg",
      color_range: "pc",
    };
    expect(readColour({ ...HD, ...old })).toEqual({ ...SD_625, transfer: "gamma28", range: "pc" });
  });

  it.each([
    [640, 480, SD_525],
    [720, 576, SD_625],
    [352, 288, SD_625],
    [1279, 719, SD_525],
    [1280, 544, BT709],
    [406, 720, BT709],
    [3840, 2160, BT709],
  ])("guesses the colours of %sx%s without tags by its size", (width, height, wanted) => {
    expect(readColour({ ...SMALL, width, height })).toEqual(wanted);
    const unknown = { color_space: "unknown", color_primaries: "unknown", color_transfer: "reserved" };
    expect(readColour({ ...SMALL, ...unknown, width, height })).toEqual(wanted);
  });

  it.each([
    ["a picture whose matrix is that of RGB", { color_space: "gbr" }, SD_525],
    ["primaries alone", { color_primaries: "bt709" }, BT709],
    [
      "a wide gamut",
      { color_primaries: "bt2020" },
      { matrix: "bt2020nc", primaries: "bt2020", transfer: "bt2020-10", range: "tv" },
    ],
    [
      "HDR that names its transfer only",
      { color_transfer: "arib-std-b67" },
      { matrix: "bt2020nc", primaries: "bt2020", transfer: "arib-std-b67", range: "tv" },
    ],
    ["a transfer that no television has", { color_transfer: "log316" }, SD_525],
  ])("mends %s", (_, tags, wanted) => {
    expect(readColour({ ...SMALL, ...tags })).toEqual(wanted);
  });

  it.each(["rgb24", "bgra", "gbrp10le", "gbrap", "pal8", "0rgb", "rgba64be", "x2rgb10le"])(
    "takes %s for RGB of all values, whatever the tags say",
    (pix_fmt) => {
      const tags = { color_space: "bt709", color_range: "tv" };
      expect(readColour({ ...HD, ...tags, pix_fmt })).toMatchObject({ matrix: "rgb", range: "pc" });
    },
  );

  it("knows full range by its tag, by its pixel format and by the greys of a still", () => {
    expect(readColour({ ...HD, color_range: "pc" }).range).toBe("pc");
    expect(readColour({ ...HD, pix_fmt: "yuvj420p" }).range).toBe("pc");
    expect(readColour({ ...HD, codec_name: "png", pix_fmt: "gray" }).range).toBe("pc");
    expect(readColour({ ...HD, codec_name: "h264", pix_fmt: "gray" }).range).toBe("tv");
  });

  it("knows the formats that are BT.601 at every size", () => {
    expect(readColour({ ...HD, codec_name: "vp8" }).matrix).toBe("bt601");
    expect(readColour({ ...HD, codec_name: "mjpeg", pix_fmt: "yuvj420p", color_space: "bt470bg" })).toEqual({
      matrix: "bt601",
      primaries: "bt709",
      transfer: "bt709",
      range: "pc",
    });
  });
});

describe("findForeignMatrix", () => {
  it("names what FFmpeg's filters cannot convert", () => {
    expect(findForeignMatrix({ ...HD, color_space: "ictcp" })).toBe("ICtCp");
    expect(findForeignMatrix({ ...HD, color_space: "bt2020nc" })).toBeNull();
    expect(findForeignMatrix(HD)).toBeNull();
  });
});
