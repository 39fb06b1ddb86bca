/** Encrypted streams in the players that can decrypt them without a vendor's module. */
import { afterAll, beforeAll, describe, expect, it, type TestContext } from "vitest";
import { startChromium, type Browser } from "../support/chromium.ts";
import { startTestBed, type TestBed } from "../support/test-bed.ts";
import { expectRightNumbers } from "./expect-playback.ts";
import { makePackages, type Package } from "./make-packages.ts";
import { openPage, type PlayerTab } from "./open-page.ts";
import type { PlayerSource } from "./page-player.ts";
import { startPageServer, type PageServer } from "./page-server.ts";
import { ENGLISH, makeStreamClip } from "./stream-clip.ts";

const DURATION_SECONDS = 66;
/** Multiples of a segment around the thirds of the stream: where its chunks may meet. */
const EDGES = [18, 24, 42, 48];

const SEGMENT_KEY_ID = "5e";
const CENC_KEY_ID = "00112233445566778899aabbccddeeff";
const CBCS_KEY_ID = "a0a1a2a3a4a5a6a7a8a9aaabacadaeaf";
const KEYS = {
  [SEGMENT_KEY_ID]: "101112131415161718191a1b1c1d1e1f",
  [CENC_KEY_ID]: "0123456789abcdef0123456789abcdef",
  [CBCS_KEY_ID]: "fedcba9876543210fedcba9876543210",
};

let bed: TestBed;
let browser: Browser;
let pages: PageServer;
/** Rotated keys of the service's own and `cenc`; a given key and `cbcs`. */
let streams: Package[];

beforeAll(async () => {
  const clip = { seconds: DURATION_SECONDS, size: "428x240", languages: [ENGLISH] };
  [bed, browser, pages] = await Promise.all([
    startTestBed(async (directory) => ({ "long.mp4": await makeStreamClip(directory, "long.mp4", clip) })),
    startChromium(),
    startPageServer(KEYS),
  ]);
  const variants = ["mp4:240p_240k"];
  const made = await makePackages(bed, "long.mp4", [
    {
      variants,
      hls: { path: "/rotated", encryption: { rotate_every: 2 } },
      dash: {
        path: "/cenc",
        hlsfmp4: true,
        encryption_key: KEYS[CENC_KEY_ID],
        encryption_key_id: CENC_KEY_ID,
        clearkey_laurl: pages.licenseUrl,
      },
    },
    {
      variants,
      hls: {
        path: "/given",
        encryption_key: KEYS[SEGMENT_KEY_ID],
        encryption_key_uri: pages.keyUrl(SEGMENT_KEY_ID),
      },
      dash: {
        path: "/cbcs",
        hlsfmp4: true,
        encryption_key: KEYS[CBCS_KEY_ID],
        encryption_key_id: CBCS_KEY_ID,
        encryption_scheme: "cbcs",
      },
    },
  ]);
  streams = made.packages;
  expect(made.chunkCount).toBeGreaterThan(1);
}, 400_000);

afterAll(async () => {
  await browser?.stop();
  await pages?.close();
  await bed?.close();
});

type Opened = Omit<PlayerSource, "url" | "bufferSeconds"> & { url: string | undefined };

async function open(
  { url = "", ...source }: Opened,
  { onTestFinished }: TestContext,
  pageUrl = pages.url,
): Promise<PlayerTab> {
  const tab = await openPage(browser.context, pageUrl, { ...source, url });
  onTestFinished(tab.close);
  return tab;
}

/** Hears it, and sees it around every edge and at the end. */
async function expectPlayable({
  ask,
  see,
  stream: { startSeconds },
  expectNoTroubles,
}: PlayerTab): Promise<void> {
  await ask("playUntilHeard", ENGLISH.toneHz);
  for (const edge of EDGES) {
    expectRightNumbers([await see(edge - 0.5)], startSeconds);
    await ask("play", { untilSeconds: edge + 0.5, rate: 2 });
    expectRightNumbers([await see(edge + 1)], startSeconds);
  }
  expectRightNumbers([await see(DURATION_SECONDS - 0.5)], startSeconds);
  await ask("play", { untilSeconds: "end", rate: 1 });
  await expectNoTroubles();
}

describe.concurrent("AES-128 over HLS segments", () => {
  it("plays in hls.js with keys that rotate and lie beside the media", async (context) => {
    const tab = await open({ player: "hls.js", url: streams[0]?.["hls"] }, context);
    await expectPlayable(tab);
    const keys = tab.requested.filter((url) => !/\.(m3u8|ts)$/.test(url) && url.includes("/rotated/"));
    expect(new Set(keys).size).toBeGreaterThan(2);
  });

  it("plays in hls.js with the given key from the given address", async (context) => {
    const tab = await open({ player: "hls.js", url: streams[1]?.["hls"] }, context);
    await expectPlayable(tab);
    expect(pages.askedKeyIds).toContain(SEGMENT_KEY_ID);
  });
});

describe.concurrent.each(["shaka-player", "dash.js"] as const)("common encryption in %s", (player) => {
  it("plays cenc with a clear key from the licence server that the manifest names", async (context) => {
    const tab = await open({ player, url: streams[0]?.["dash"] }, context);
    await expectPlayable(tab);
    expect(pages.askedKeyIds).toContain(CENC_KEY_ID);
  });

  it("plays cbcs with a clear key that the player is given", async (context) => {
    const clearKeys = { [CBCS_KEY_ID]: KEYS[CBCS_KEY_ID] };
    await expectPlayable(await open({ player, url: streams[1]?.["dash"], clearKeys }, context));
  });
});

const SCHEMES = [
  ["cenc", 0, CENC_KEY_ID],
  ["cbcs", 1, CBCS_KEY_ID],
] as const;

describe.concurrent.each(SCHEMES)("%s over HLS", (_scheme, at, keyId) => {
  it("plays in hls.js with a clear key from a licence server that the page names", async (context) => {
    const { licenseUrl } = pages;
    await expectPlayable(
      await open({ player: "hls.js", url: streams[at]?.["hlsfmp4"], licenseUrl }, context),
    );
    expect(pages.askedKeyIds).toContain(keyId);
  });

  it("plays in shaka-player with a clear key that the page has", async (context) => {
    const clearKeys = { [keyId]: KEYS[keyId] };
    await expectPlayable(
      await open({ player: "shaka-player", url: streams[at]?.["hlsfmp4"], clearKeys }, context),
    );
  });

  it("does not play with another key", async (context) => {
    const wrong = await startPageServer({ [keyId]: KEYS[SEGMENT_KEY_ID] });
    context.onTestFinished(wrong.close);
    const source = { player: "hls.js", url: streams[at]?.["hlsfmp4"], licenseUrl: wrong.licenseUrl } as const;
    await expect(open(source, context, wrong.url)).rejects.toThrow(/failed|erred/);
    expect(wrong.askedKeyIds).toContain(keyId);
  });
});
