import { describe, expect, it } from "vitest";
import { publishWaves } from "../../../../encoder/run/publish-order.ts";

const playlist = (name: string) => ({ name, contentType: "application/vnd.apple.mpegurl" });
const segment = (name: string) => ({ name, contentType: "video/mp2t" });

describe("publishWaves", () => {
  it("writes media first, then media playlists, then the master alone", () => {
    const files = [
      segment("a1"),
      playlist("a"),
      segment("b1"),
      segment("b2"),
      playlist("b"),
      playlist("master"),
    ];
    expect(publishWaves(files).map((wave) => wave.map(({ name }) => name))).toEqual([
      ["a1", "b1", "b2"],
      ["a", "b"],
      ["master"],
    ]);
  });

  it("has no empty waves", () => {
    expect(publishWaves([playlist("master")])).toEqual([[playlist("master")]]);
    expect(publishWaves([])).toEqual([]);
  });
});
