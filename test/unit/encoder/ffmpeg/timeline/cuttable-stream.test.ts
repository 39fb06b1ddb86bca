import { describe, expect, it } from "vitest";
import { findCuttableStream } from "../../../../../encoder/ffmpeg/timeline/cuttable-stream.ts";
import { parseProbe } from "../../../../../encoder/ffmpeg/probe/parse-probe.ts";

type Facts = { formatName?: string; codec?: string; stream?: object; format?: object };

function find({ formatName = "matroska,webm", codec = "h264", stream = {}, format = {} }: Facts = {}) {
  const probed = parseProbe(
    JSON.stringify({
      streams: [
        { index: 0, codec_type: "audio", codec_name: "aac", channels: 2, sample_rate: "48000", start_pts: 5 },
        {
          ...{ index: 1, id: "0x2", codec_type: "video", codec_name: codec, width: 160, height: 90 },
          ...{ time_base: "1/1000", start_pts: 21, ...stream },
        },
      ],
      format: { format_name: formatName, start_time: "-0.007000", duration: "4.000000", ...format },
    }),
    1000,
  );
  return probed && findCuttableStream(probed);
}

describe("findCuttableStream", () => {
  it("tells what the index of the picture needs", () => {
    expect(find()).toEqual({
      streamIndex: 1,
      trackId: 2,
      codec: "h264",
      timeBase: { num: 1, den: 1000 },
      startPts: 21,
      container: "matroska",
      containerStartSeconds: -0.007,
      durationSeconds: 4,
    });
  });

  it.each(["mov,mp4,m4a,3gp,3g2,mj2", "flv", "mpegts", "mpeg", "avi"])("takes MPEG-4 in %s", (formatName) => {
    expect(find({ formatName, codec: "mpeg4" })).not.toBeNull();
  });

  it.each<[string, Facts]>([
    ["a container that was not tried", { formatName: "asf" }],
    ["a picture with guessed times", { formatName: "avi" }],
    ["a picture with hidden frames of their own", { codec: "vp8" }],
    ["sound alone", { stream: { codec_type: "data" } }],
    ["a picture without a start", { stream: { start_pts: undefined } }],
    ["a file without a start", { format: { start_time: undefined } }],
    ["a clock that stands", { stream: { time_base: "0/1" } }],
    ["a clock of another planet", { stream: { time_base: "1/99999999999" } }],
  ])("refuses %s", (_, facts) => {
    expect(find(facts)).toBeNull();
  });
});
