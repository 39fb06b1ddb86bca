/** Encrypted streams through the whole service, undone by the keys that players get and by nothing else. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expectWholeLadder, expectWholeLadders, joinTrack, upTo } from "../support/decoded-stream.ts";
import { decryptFragments } from "../support/decrypt-fragments.ts";
import { type LocalServer, startLocalServer } from "../support/local-server.ts";
import { shownNumbers } from "../support/numbered-clip.ts";
import {
  JOB_LIMIT_MS,
  LADDER,
  type Link,
  linksOf,
  startStreamBed,
  type StreamBed,
} from "../support/stream-bed.ts";

const AES_KEY = "000102030405060708090a0b0c0d0e0f";
const KEY_ID = "101112131415161718191a1b1c1d1e1f";
const FRAMES = 420;

let bed: StreamBed;
/** The customer's own key server. */
let keys: LocalServer;
/** Of two streams of one source: with a given key and `cenc`, with generated keys and `cbcs`. */
let links: Link[];

beforeAll(async () => {
  keys = await startLocalServer((_, response) => void response.end(Buffer.from(AES_KEY, "hex")));
  bed = await startStreamBed(["ntsc.mp4"]);
  const samples = { hlsfmp4: true, encryption_key: AES_KEY, encryption_key_id: KEY_ID };
  const given = { path: "/given", encryption_key: AES_KEY, encryption_key_uri: `${keys.origin}/key` };
  const rotated = { path: "/rotated", encryption: { rotate_every: 1 } };
  const streams = [
    { variants: LADDER, hls: given, dash: { ...samples, path: "/cenc", encryption_scheme: "cenc" } },
    { variants: LADDER, hls: rotated, dash: { ...samples, path: "/cbcs", encryption_scheme: "cbcs" } },
  ];
  links = (await bed.finishedOutputs("ntsc.mp4", { httpstream: streams })).flatMap(linksOf);
}, JOB_LIMIT_MS + 60_000);

afterAll(async () => {
  await bed?.close();
  await keys?.close();
});

const linksBelow = (folder: string): Link[] => links.filter(({ url }) => url.includes(`/${folder}/`));

describe("encryption of a stream", () => {
  it("of whole segments is undone by the given key and by nothing else", async () => {
    const url = linksBelow("given")[0]?.url ?? "";
    const text = await (await fetch(new URL("media-1/stream.m3u8", url))).text();
    expect(text).toContain(`URI="${keys.origin}/key"`);
    const segment = Buffer.from(await (await fetch(new URL("media-1/segment-0.ts", url))).arrayBuffer());
    expect(segment[0]).not.toBe(0x47);
    expect(segment.length % 16).toBe(0);
    await expectWholeLadder(url, FRAMES);
  });

  it("with generated and changing keys plays from what is stored beside the media", async () => {
    const { hls } = await bed.validPackages(linksBelow("rotated"));
    await expectWholeLadders([hls], FRAMES);
    const text = await readFile(join(hls?.directory ?? "", "media-1/stream.m3u8"), "utf8");
    const uris = [...text.matchAll(/URI="([^"]+)"/g)].map(([, uri]) => uri);
    expect(new Set(uris).size).toBe(3);
  });

  it.each(["cenc", "cbcs"])("of samples (%s) is undone by the given key", async (scheme) => {
    const { dash } = await bed.validPackages(linksBelow(scheme));
    const mpd = await readFile(dash?.manifestPath ?? "", "utf8");
    expect(mpd.toLowerCase()).toContain("10111213-1415-1617-1819-1a1b1c1d1e1f");
    expect(mpd).toContain(`value="${scheme}"`);
    const path = await joinTrack(dash, "video/avc1/2");
    const clear = await decryptFragments(path, "video", { key: AES_KEY, keyId: KEY_ID });
    expect(await shownNumbers(clear)).toEqual(upTo(FRAMES));
  });
});
