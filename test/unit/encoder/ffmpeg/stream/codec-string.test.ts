import { describe, expect, it } from "vitest";
import { codecString } from "../../../../../encoder/ffmpeg/stream/codec-string.ts";

/** A sample entry with one box behind its fields. */
function entry(type: string, fieldsBytes: number, inner: string, hex: string) {
  const config = Buffer.from(hex.replaceAll(" ", ""), "hex");
  const body = Buffer.alloc(fieldsBytes + 8 + config.length);
  body.writeUInt32BE(8 + config.length, fieldsBytes);
  body.write(inner, fieldsBytes + 4);
  config.copy(body, fieldsBytes + 8);
  return { type, body };
}

describe("codecString", () => {
  it.each([
    ["01 64 00 1f ff", "avc1.64001f"],
    ["01 42 c0 1e ff", "avc1.42c01e"],
    ["01 4d 40 28 ff", "avc1.4d4028"],
  ])("names H.264 by the profile, compatibility and level of %s", (hex, name) => {
    expect(codecString(entry("avc1", 78, "avcC", hex))).toBe(name);
  });

  it.each([
    // Examples of ISO 14496-15, annex E.3, and what x265 writes.
    ["01 01 60000000 b00000000000 5d", "hvc1.1.6.L93.B0"],
    ["01 22 20000000 9d0800000000 99", "hvc1.2.4.H153.9D.8"],
    ["01 01 60000000 900000000000 3c", "hvc1.1.6.L60.90"],
    ["01 81 60000000 000000000000 5d", "hvc1.B1.6.L93"],
  ])("names HEVC by the record %s", (hex, name) => {
    expect(codecString(entry("hvc1", 78, "hvcC", hex))).toBe(name);
  });

  it.each([
    ["81 04 0c 00", "av01.0.04M.08"],
    ["81 0d 4c 00", "av01.0.13M.10"],
    ["81 2d cc 00", "av01.1.13H.10"],
    ["81 45 6c 00", "av01.2.05M.12"],
  ])("names AV1 by the record %s", (hex, name) => {
    expect(codecString(entry("av01", 78, "av1C", hex))).toBe(name);
  });

  it.each([
    // With lengths of four bytes, as FFmpeg writes them, and of one.
    [
      "00000000 03 80808025 0002 00 04 80808017 40 15 000000 0001f400 0001f400 05 80808005 1190 56e500 06 80808001 02",
      "mp4a.40.2",
    ],
    ["00000000 03 19 0002 00 04 11 40 15 000000 0001f400 0001f400 05 02 2b92 06 01 02", "mp4a.40.5"],
  ])("names AAC by the object type of %s", (hex, name) => {
    expect(codecString(entry("mp4a", 28, "esds", hex))).toBe(name);
  });

  it("refuses other codecs, MP3 under the same name, and descriptions that break off", () => {
    const mp3 = "00000000 03 19 0002 00 04 11 6b 15 000000 0001f400 0001f400 05 02 1190";
    const refused = [
      null,
      entry("vp09", 78, "vpcC", "01 00 00 00"),
      entry("mp4a", 28, "esds", mp3),
      entry("mp4a", 28, "esds", "00000000 03 19"),
      entry("avc1", 78, "avcC", "01 64"),
      entry("hvc1", 78, "hvcC", "01 01 60"),
      entry("av01", 78, "av1C", "81"),
      { type: "avc1", body: Buffer.alloc(3) },
    ];
    expect(refused.map(codecString)).toEqual(refused.map(() => null));
  });
});
