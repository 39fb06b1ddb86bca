import { describe, expect, it } from "vitest";
import { type Manifest, manifests } from "../../../../encoder/manifest/manifests.ts";
import {
  aFragmentPackage,
  aLadder,
  aLadderPicture,
  aLadderSound,
  aLadderSubtitle,
  aTrack,
  aTransportPackage,
  somePackages,
} from "../../../support/ladders.ts";

function names(...args: Parameters<typeof manifests>): [media: string[], masters: string[]] {
  const [media, masters] = manifests(...args);
  const toName = (one: Manifest) => `${one.package}/${one.name}`;
  return [media.map(toName), masters.map(toName)];
}

/** The target of every media playlist but those of subtitles. */
function targets(...args: Parameters<typeof manifests>): (string | undefined)[] {
  const [media] = manifests(...args);
  return media
    .filter(({ name }) => !name.startsWith("text/"))
    .map(({ text }) => /#EXT-X-TARGETDURATION:(\d+)\n/.exec(text)?.[1]);
}

describe("manifests", () => {
  it("come in two waves, those that players open last", () => {
    const [media, masters] = names(aLadder({ subtitles: [aLadderSubtitle()] }), somePackages(), false);
    expect(media.toSorted()).toEqual([
      "fragments/picture-1/iframes.m3u8",
      "fragments/picture-1/stream.m3u8",
      "fragments/sound-1/stream.m3u8",
      "fragments/text/en-1/stream.m3u8",
      "transport/picture-1/iframes.m3u8",
      "transport/picture-1/stream.m3u8",
      "transport/sound-1/stream.m3u8",
      "transport/text/en-1/stream.m3u8",
    ]);
    expect(masters).toEqual(["transport/master.m3u8", "fragments/master.mpd", "fragments/master.m3u8"]);
  });

  it("of one package have one target duration, that of its longest segment", () => {
    const long = aTrack("high", [6, 8.2, 1]);
    const pictures = [
      aLadderPicture("low"),
      aLadderPicture("high", { frameRate: null, transport: long, fragments: aTrack("high") }),
    ];
    const ladder = aLadder({ pictures, subtitles: [aLadderSubtitle()] });
    const transport = somePackages({ fragments: null });
    const fragments = somePackages({ transport: null });
    // Pictures twice, with their keyframes, and the sound.
    expect(targets(ladder, transport, false)).toEqual(["8", "8", "8", "8", "8"]);
    expect(targets(ladder, fragments, false)).toEqual(["6", "6", "6", "6", "6"]);
  });

  it("of an open package keep its target duration while its tracks grow", () => {
    const grown = [[5], [5, 6.6], [5, 6.6, 6]].map((seconds) => {
      const pictures = [aLadderPicture("a", { transport: aTrack("a", seconds) })];
      const sounds = [aLadderSound("s", { transport: aTrack("s", [6]) })];
      return targets(aLadder({ pictures, sounds }), somePackages({ fragments: null }), true);
    });
    expect(grown).toEqual([
      ["7", "7"],
      ["7", "7"],
      ["7", "7"],
    ]);
  });

  it("of DASH alone have no playlists", () => {
    const packages = somePackages({ transport: null, fragments: aFragmentPackage({ hasHls: false }) });
    expect(names(aLadder(), packages, false)).toEqual([[], ["fragments/master.mpd"]]);
  });

  it("of version 3 have neither keyframes nor subtitles", () => {
    const packages = somePackages({ transport: aTransportPackage({ version: 3 }), fragments: null });
    const [media] = names(aLadder({ subtitles: [aLadderSubtitle()] }), packages, false);
    expect(media).toEqual(["transport/picture-1/stream.m3u8", "transport/sound-1/stream.m3u8"]);
  });

  it("of an open stream are those that can grow", () => {
    const [media, masters] = names(aLadder(), somePackages(), true);
    expect(media.filter((name) => name.includes("iframes"))).toEqual([]);
    expect(masters).toEqual(["transport/master.m3u8", "fragments/master.m3u8"]);
    const [, [master]] = manifests(aLadder(), somePackages(), true);
    expect(master?.text).not.toContain("I-FRAME");
  });
});
