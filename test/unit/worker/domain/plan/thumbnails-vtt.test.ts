import { describe, expect, it } from "vitest";
import { thumbnailsVtt } from "../../../../../worker/domain/plan/thumbnails-vtt.ts";
import { aFrame, anImageSpec, aStillPicture } from "../../../../support/output-specs.ts";

type Options = { keys?: string[]; vttKey?: string; durationSeconds?: number | null };

function text(atSeconds: number[], options: Options = {}): string {
  const { keys = atSeconds.map((_, index) => `a/t_${index + 1}.jpg`), vttKey = "a/t.vtt" } = options;
  const { durationSeconds = 20 } = options;
  return thumbnailsVtt({ image: anImageSpec({ atSeconds }), keys, vtt: { key: vttKey, durationSeconds } });
}

/** Lines of cue times. */
const times = (vtt: string) => vtt.split("\n").filter((line) => line.includes("-->"));
/** The line after each of them. */
const targets = (vtt: string) =>
  vtt.split("\n").filter((_, index, lines) => lines[index - 1]?.includes("-->"));

describe("thumbnailsVtt", () => {
  it("covers the source from its start to its end without a gap", () => {
    expect(text([5, 10, 15])).toBe(
      [
        "WEBVTT",
        "",
        "00:00:00.000 --> 00:00:10.000",
        "t_1.jpg",
        "",
        "00:00:10.000 --> 00:00:15.000",
        "t_2.jpg",
        "",
        "00:00:15.000 --> 00:00:20.000",
        "t_3.jpg",
        "",
      ].join("\n"),
    );
  });

  it("writes times beyond an hour and beyond a hundred", () => {
    expect(times(text([0, 3599.9996, 3661.0409, 360_000], { durationSeconds: 360_007.5 }))).toEqual([
      "00:00:00.000 --> 01:00:00.000",
      "01:00:00.000 --> 01:01:01.041",
      "01:01:01.041 --> 100:00:00.000",
      "100:00:00.000 --> 100:00:07.500",
    ]);
  });

  it("leads to the tiles of sprites, row by row and file by file", () => {
    const image = anImageSpec({
      atSeconds: [0, 1, 2, 3, 4, 5, 6],
      picture: aStillPicture({ frame: aFrame(161, 91) }),
      sprite: { columns: 2, tilesPerFile: 4 },
    });
    const keys = ["s_1.jpg", "s_2.jpg"];
    const vtt = { key: "s.vtt", durationSeconds: 7 };
    expect(targets(thumbnailsVtt({ image, keys, vtt }))).toEqual([
      "s_1.jpg#xywh=0,0,161,91",
      "s_1.jpg#xywh=161,0,161,91",
      "s_1.jpg#xywh=0,91,161,91",
      "s_1.jpg#xywh=161,91,161,91",
      "s_2.jpg#xywh=0,0,161,91",
      "s_2.jpg#xywh=161,0,161,91",
      "s_2.jpg#xywh=0,91,161,91",
    ]);
  });

  it("sorts by time and has one cue per moment", () => {
    const vtt = text([9, 2, 9, 9.0001]);
    expect(times(vtt)).toEqual(["00:00:00.000 --> 00:00:09.000", "00:00:09.000 --> 00:00:20.000"]);
    expect(targets(vtt)).toEqual(["t_2.jpg", "t_1.jpg"]);
  });

  it("ends the last cue after its beginning, whatever is known of the end", () => {
    expect(times(text([0, 5], { durationSeconds: null }))[1]).toBe("00:00:05.000 --> 00:00:10.000");
    expect(times(text([3], { durationSeconds: null }))).toEqual(["00:00:00.000 --> 00:00:04.000"]);
    expect(times(text([0], { durationSeconds: 0 }))).toEqual(["00:00:00.000 --> 00:00:01.000"]);
  });

  it.each([
    ["a/t.vtt", "a/t 1#.jpg", "t%201%23.jpg"],
    ["a/t.vtt", "a/100%.jpg", "100%25.jpg"],
    ["a/t.vtt", "a/a:b --> c?.jpg", "a%3Ab%20--%3E%20c%3F.jpg"],
    ["a/t.vtt", "a/ü.jpg", "%C3%BC.jpg"],
    ["t.vtt", "t.jpg", "t.jpg"],
    ["a/t.vtt", "a/01/t.jpg", "01/t.jpg"],
    ["a/b/t.vtt", "a/01/t.jpg", "../01/t.jpg"],
    ["a/b/t.vtt", "t.jpg", "../../t.jpg"],
    ["a/t.vtt", "a//t.jpg", ".//t.jpg"],
  ])("leads from %s to %s by %s", (vttKey, key, expected) => {
    const [target = ""] = targets(text([0], { keys: [key], vttKey }));
    expect(target).toBe(expected);
    const url = new URL(target, `https://example.com/${vttKey}`);
    expect(decodeURIComponent(url.pathname)).toBe(`/${key}`);
  });
});
