import { describe, expect, it } from "vitest";
import { deriveMimeType } from "../../../../../encoder/ffmpeg/probe/mime-type.ts";

const MOV = "mov,mp4,m4a,3gp,3g2,mj2";
const WEBM = "matroska,webm";

describe("deriveMimeType", () => {
  it.each([
    [MOV, "isom", "h264", "aac", "video/mp4"],
    [MOV, "qt  ", "prores", "pcm_s16le", "video/quicktime"],
    [MOV, "3gp5", "h263", "amr_nb", "video/3gpp"],
    [MOV, "M4A ", null, "aac", "audio/mp4"],
    [WEBM, null, "vp9", "opus", "video/webm"],
    [WEBM, null, null, "opus", "audio/webm"],
    [WEBM, null, "h264", "opus", "video/x-matroska"],
    ["avi", null, "mpeg4", "mp3", "video/x-msvideo"],
    ["ogg", null, null, "vorbis", "audio/ogg"],
    ["wav", null, null, "pcm_s16le", "audio/wav"],
    ["nut", null, "h264", null, "application/octet-stream"],
  ])("names %s of brand %s with %s and %s", (formatName, majorBrand, videoCodec, audioCodec, expected) => {
    expect(deriveMimeType({ formatName, majorBrand, videoCodec, audioCodec })).toBe(expected);
  });
});
