import { describe, expect, it } from "vitest";
import { parseAdtsLength } from "../../../../../encoder/ffmpeg/codec/adts-length.ts";

describe("parseAdtsLength", () => {
  it("counts packets of 1024 samples", () => {
    const printed = '{ "streams": [ { "sample_rate": "44100", "nb_read_packets": "441" } ] }';
    expect(parseAdtsLength(printed)).toBeCloseTo(10.24, 6);
  });

  it("is nothing where there is no sound", () => {
    expect(parseAdtsLength('{ "streams": [] }')).toBe(0);
  });
});
