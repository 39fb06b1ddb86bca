import { describe, expect, it } from "vitest";
import { type Manifest, manifests } from "../../../../encoder/manifest/manifests.ts";
import {
  aFragmentPackage,
  aLadder,
  aLadderSubtitle,
  aTransportPackage,
  somePackages,
} from "../../../support/ladders.ts";

function names(...args: Parameters<typeof manifests>): [media: string[], masters: string[]] {
  const [media, masters] = manifests(...args);
  const toName = (one: Manifest) => `${one.package}/${one.name}`;
  return [media.map(toName), masters.map(toName)];
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
