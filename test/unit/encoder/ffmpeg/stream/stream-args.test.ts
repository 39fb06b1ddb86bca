import { describe, expect, it } from "vitest";
import { packagerArgs, packagerKeyFlags } from "../../../../../encoder/ffmpeg/stream/packager-args.ts";
import { pictureInitArgs, transportArgs } from "../../../../../encoder/ffmpeg/stream/stream-args.ts";

/** The value behind an option, for each time that it is there. */
function valuesOf(args: readonly string[], option: string): (string | undefined)[] {
  return args.flatMap((argument, index) => (argument === option ? [args[index + 1]] : []));
}

describe("transportArgs", () => {
  it("moves each input from its own clock to that of the transport stream, ten seconds late", () => {
    const picture = { path: "/p.mp4", offsetSeconds: 10.01 };
    const args = transportArgs({ picture, sound: { path: "/s.mp4", offsetSeconds: 0 }, firstNumber: 3 });
    expect(valuesOf(args, "-itsoffset")).toEqual(["-0.01", "10"]);
    expect(valuesOf(args, "-map")).toEqual(["0:v:0", "1:a:0"]);
    expect(valuesOf(args, "-start_number")).toEqual(["3"]);
  });

  it("cuts a picture at every keyframe and sound by itself every six seconds", () => {
    const input = { path: "/a.mp4", offsetSeconds: 0 };
    const lengths = [
      transportArgs({ picture: input, sound: input, firstNumber: 0 }),
      transportArgs({ picture: null, sound: input, firstNumber: 0 }),
    ].map((args) => [valuesOf(args, "-hls_time"), valuesOf(args, "-map")]);
    expect(lengths).toEqual([
      [["0.001"], ["0:v:0", "1:a:0"]],
      [["6"], ["0:a:0"]],
    ]);
  });
});

describe("pictureInitArgs", () => {
  it("names HEVC as Apple's players do", () => {
    const plan = { picturePath: "/p.mp4", ticksPerSecond: 10_000, outputPath: "/i.mp4" };
    expect(valuesOf(pictureInitArgs({ ...plan, codec: "hevc" }), "-tag:v")).toEqual(["hvc1"]);
    expect(valuesOf(pictureInitArgs({ ...plan, codec: "h264" }), "-tag:v")).toEqual([]);
  });
});

describe("packagerArgs", () => {
  const plan = {
    scheme: "cbcs",
    keyFlagsPath: "key.flags",
    psshHex: "",
    kind: "audio",
    iv: "ef",
    inputPath: "/in.mp4",
    initName: "init.mp4",
    segmentTemplate: "seg-$Time$.m4s",
  } as const;

  it("encrypts everything, in segments that are named after their times", () => {
    const args = packagerArgs(plan);
    expect(args[0]).toBe("in=/in.mp4,stream=audio,init_segment=init.mp4,segment_template=seg-$Time$.m4s");
    expect(valuesOf(args, "--clear_lead")).toEqual(["0"]);
    expect(valuesOf(args, "--protection_scheme")).toEqual(["cbcs"]);
  });

  it("names a file with the key, so that no other process of the machine reads it", () => {
    expect(packagerArgs(plan)).toContain("--flagfile=key.flags");
    expect(packagerArgs(plan)).not.toContain("--keys");
    expect(packagerKeyFlags({ key: "ab", keyId: "cd" })).toBe("--keys=label=:key_id=cd:key=ab\n");
  });

  it("passes protection boxes on, beside the common one", () => {
    expect(valuesOf(packagerArgs(plan), "--protection_systems")).toEqual(["CommonSystem"]);
    expect(valuesOf(packagerArgs(plan), "--pssh")).toEqual([]);
    expect(valuesOf(packagerArgs({ ...plan, psshHex: "0001" }), "--pssh")).toEqual(["0001"]);
  });
});
