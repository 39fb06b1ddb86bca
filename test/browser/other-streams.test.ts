/** Short streams of sources that lack something, and of other codecs, in every player. */
import { afterAll, beforeAll, describe, expect, it, type TestContext } from "vitest";
import { startChromium, type Browser } from "../support/chromium.ts";
import { startTestBed, type TestBed } from "../support/test-bed.ts";
import { expectRightNumbers, expectWholeTone } from "./expect-playback.ts";
import { makePackages, type Package } from "./make-packages.ts";
import { openPage, type PlayerTab } from "./open-page.ts";
import type { PlayerName } from "./page-player.ts";
import { startPageServer, type PageServer } from "./page-server.ts";
import { ENGLISH, FRAME_RATE, makeStreamClip, makeToneClip } from "./stream-clip.ts";

/** Three segments, the last one shorter. */
const DURATION_SECONDS = 14;

/** dash.js keeps to its rung once it has loaded the end. */
const SHORT_BUFFER_SECONDS = 11;

type Way = { player: PlayerName; format: string; bufferSeconds?: number };
const FRAGMENTS: Way[] = [
  { player: "hls.js", format: "hlsfmp4" },
  { player: "dash.js", format: "dash" },
  { player: "shaka-player", format: "dash" },
];
const WAYS: Way[] = [{ player: "hls.js", format: "hls" }, ...FRAGMENTS];

let bed: TestBed;
let browser: Browser;
let pages: PageServer;
let silent: Package | undefined;
let av1: Package | undefined;
let sound: Package | undefined;

beforeAll(async () => {
  const portrait = { seconds: DURATION_SECONDS, size: "270x480", languages: [] };
  [bed, browser, pages] = await Promise.all([
    startTestBed(async (directory) => ({
      "portrait.mp4": await makeStreamClip(directory, "portrait.mp4", portrait),
      "tone.wav": await makeToneClip(directory, "tone.wav", DURATION_SECONDS),
    })),
    startChromium(),
    startPageServer({}),
  ]);
  const both = { hls: { path: "/hls" }, dash: { path: "/dash", hlsfmp4: true } };
  const ladder = ["mp4:240p_240k", "mp4:360p_360k", "mp4:480p_480k"];
  [[silent, av1], [sound]] = await Promise.all([
    makePackages(
      bed,
      "portrait.mp4",
      [
        { ...both, variants: ladder },
        { dash: { path: "/av1", hlsfmp4: true }, variants: ["mp4:av1_240p_200k"] },
      ],
      { "jpg:96x": { path: "/tiles/%02d.jpg", interval: 1, sprite: { limit: 6, columns: 3 } } },
    ),
    makePackages(bed, "tone.wav", [{ ...both, variants: ["mp4:x:64k", "mp4:240p:128k"] }]),
  ]).then((made) => made.map(({ packages }) => packages) as [Package[], Package[]]);
}, 400_000);

afterAll(async () => {
  await browser?.stop();
  await pages?.close();
  await bed?.close();
});

async function open(
  { player, format, bufferSeconds = 30 }: Way,
  stream: Package | undefined,
  { onTestFinished }: TestContext,
): Promise<PlayerTab> {
  const source = { player, url: stream?.[format] ?? "", bufferSeconds };
  const tab = await openPage(browser.context, pages.url, source);
  onTestFinished(tab.close);
  return tab;
}

describe.concurrent.each(WAYS)("a silent portrait in $player with $format", (way) => {
  it("plays upright in every rung, from start to end, without a track of sound", async (context) => {
    const { ask, see, stream, expectNoTroubles } = await open(
      { ...way, bufferSeconds: SHORT_BUFFER_SECONDS },
      silent,
      context,
    );
    expect(stream).toMatchObject({ heightsPx: [240, 360, 480], sounds: [], texts: [] });
    expect((await see(0)).number).toBe(0);
    const pictures = [
      ...(await ask("switchTo", { heightPx: 480, rate: 2 })),
      ...(await ask("play", { untilSeconds: "end", rate: 2 })),
    ];
    expectRightNumbers(pictures, stream.startSeconds);
    const { widthPx, heightPx } = pictures.at(-1) ?? {};
    expect([widthPx, heightPx]).toEqual([270, 480]);
    await expectNoTroubles();
  });
});

describe.concurrent.each(FRAGMENTS.filter(({ format }) => format === "dash"))(
  "thumbnails in $player",
  (way) => {
    it("show the pictures of their moments", async (context) => {
      const { ask, expectNoTroubles } = await open(way, silent, context);
      for (let second = 0; second < DURATION_SECONDS; second += 1) {
        const number = await ask("readThumbnail", second + 0.5);
        expect(Math.abs((number ?? Number.NaN) - second * FRAME_RATE.value)).toBeLessThanOrEqual(1);
      }
      await expectNoTroubles();
    });
  },
);

describe.concurrent.each(FRAGMENTS)("AV1 in $player with $format", (way) => {
  it("plays from start to end", async (context) => {
    const { ask, see, stream, expectNoTroubles } = await open(way, av1, context);
    expect((await see(0)).number).toBe(0);
    expectRightNumbers(await ask("play", { untilSeconds: "end", rate: 3 }), stream.startSeconds);
    await expectNoTroubles();
  });
});

describe.concurrent.each(WAYS)("sound alone in $player with $format", (way) => {
  it("plays whole, from start to end", async (context) => {
    const { ask, stream, expectNoTroubles } = await open(way, sound, context);
    expect(stream.heightsPx).toEqual([]);
    expect(stream.startSeconds).toBeLessThan(0.001);
    await ask("playUntilHeard", ENGLISH.toneHz);
    await ask("play", { untilSeconds: "end", rate: 4 });
    expectWholeTone(await ask("decodeSound"), ENGLISH.toneHz, DURATION_SECONDS);
    await expectNoTroubles();
  });
});
