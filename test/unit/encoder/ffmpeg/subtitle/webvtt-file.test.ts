import { describe, expect, it } from "vitest";
import { webvttFile } from "../../../../../encoder/ffmpeg/subtitle/webvtt-file.ts";
import { parseWebvtt } from "../../../../support/parse-webvtt.ts";

const CUES = [
  { startMs: 0, endMs: 1_005, settings: "line:0", text: "a" },
  { startMs: 3_723_004, endMs: 400_000_000, settings: "", text: "b\nc" },
];

describe("webvttFile", () => {
  it("writes cues as the standard wants them", () => {
    expect(webvttFile(CUES, { isTransport: false })).toBe(
      "WEBVTT\n\n00:00:00.000 --> 00:00:01.005 line:0\na\n\n01:02:03.004 --> 111:06:40.000\nb\nc\n",
    );
  });

  it("says where its zero lies in a transport stream, in the header", () => {
    const { headers, cues } = parseWebvtt(webvttFile(CUES, { isTransport: true }));
    expect(headers).toEqual(["X-TIMESTAMP-MAP=MPEGTS:900000,LOCAL:00:00:00.000"]);
    expect(cues).toHaveLength(2);
  });

  it.each([true, false])("is valid without cues (transport: %s)", (isTransport) => {
    expect(parseWebvtt(webvttFile([], { isTransport })).cues).toEqual([]);
  });
});
