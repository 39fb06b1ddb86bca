/** One long stream, encoded in chunks, in every player: pictures, sound, rungs, languages, subtitles. */
import { afterAll, beforeAll, describe, expect, it, type TestContext } from "vitest";
import { startChromium, type Browser } from "../support/chromium.ts";
import { startTestBed, type TestBed } from "../support/test-bed.ts";
import { expectRightNumbers, expectWholeTone } from "./expect-playback.ts";
import { makePackages, type Package } from "./make-packages.ts";
import { openPage, type PlayerTab } from "./open-page.ts";
import type { PlayerName, ShownPicture } from "./page-player.ts";
import { startPageServer, type PageServer } from "./page-server.ts";
import { ENGLISH, FRAME_RATE, GERMAN, makeStreamClip, WORDS_AT } from "./stream-clip.ts";

/** Four chunks of it are as many as their shortest length allows. */
const DURATION_SECONDS = 84;
/** Where chunks may meet: at the multiples of a segment around each quarter. */
const EDGES = [18, 24, 42, 60, 66];
const HEIGHTS_PX = [180, 240, 360];
/** Three segments: little of the stream is loaded before a choice is made. */
const SHORT_BUFFER_SECONDS = 18;
const PATIENCE = { timeout: 30_000 };

const WAYS: Way[] = [
  { player: "hls.js", format: "hls" },
  { player: "hls.js", format: "hlsfmp4" },
  { player: "dash.js", format: "dash" },
  { player: "shaka-player", format: "dash" },
  { player: "shaka-player", format: "hlsfmp4" },
];

let bed: TestBed;
let browser: Browser;
let pages: PageServer;
let stream: Package;
let chunkCount: number;

beforeAll(async () => {
  const languages = [ENGLISH, GERMAN];
  const clip = { seconds: DURATION_SECONDS, size: "640x360", languages, hasText: true };
  [bed, browser, pages] = await Promise.all([
    startTestBed(async (directory) => ({ "long.mp4": await makeStreamClip(directory, "long.mp4", clip) })),
    startChromium(),
    startPageServer({}),
  ]);
  const made = await makePackages(bed, "long.mp4", [
    {
      hls: { path: "/hls", version: 4 },
      dash: { path: "/dash", hlsfmp4: true },
      variants: ["mp4:x:64k", ...HEIGHTS_PX.map((height) => `mp4:x${height}_${height}k`)],
      audio_tracks: "all",
      subtitles: "all",
    },
  ]);
  stream = made.packages[0] ?? {};
  chunkCount = made.chunkCount;
}, 400_000);

afterAll(async () => {
  await browser?.stop();
  await pages?.close();
  await bed?.close();
});

type Way = { player: PlayerName; format: string; bufferSeconds?: number };

async function open(way: Way, { onTestFinished }: TestContext): Promise<PlayerTab> {
  const { player, format, bufferSeconds = 30 } = way;
  const source = { player, url: stream[format] ?? "", bufferSeconds };
  const tab = await openPage(browser.context, pages.url, source);
  onTestFinished(tab.close);
  return tab;
}

describe.concurrent.each(WAYS)("$player with $format", (way) => {
  it("finds the whole stream: length, rungs, languages and texts", async (context) => {
    const { stream: found, expectNoTroubles } = await open(way, context);
    expect(Math.abs(found.durationSeconds - DURATION_SECONDS)).toBeLessThan(0.1);
    expect(found.startSeconds).toBeLessThan(way.format === "hls" ? 0.1 : 0.001);
    expect(found.heightsPx).toEqual(HEIGHTS_PX);
    expect(found.sounds.toSorted()).toEqual(["de", "en"]);
    expect(found.texts.toSorted()).toEqual(["de", "en"]);
    await expectNoTroubles();
  });

  it("plays the start, over every chunk edge, and to the end", async (context) => {
    const { ask, see, stream: found, expectNoTroubles } = await open(way, context);
    expect(chunkCount).toBe(4);
    const expectRight = (pictures: ShownPicture[]) => expectRightNumbers(pictures, found.startSeconds);
    expect((await see(0)).number).toBe(0);
    expectRight(await ask("play", { untilSeconds: 1, rate: 1 }));
    for (const edge of EDGES) {
      expectRight([await see(edge - 0.5)]);
      const pictures = await ask("play", { untilSeconds: edge + 0.5, rate: 2 });
      expectRight(pictures);
      expect(pictures.at(-1)?.atSeconds).toBeGreaterThan(edge);
    }
    expectRight([await see(DURATION_SECONDS - 1)]);
    const ending = await ask("play", { untilSeconds: "end", rate: 1 });
    expectRight(ending);
    // A slow machine leaves pictures out, the last one or two as well.
    const pictureCount = Math.ceil(DURATION_SECONDS * FRAME_RATE.value);
    expect(ending.at(-1)?.number).toBeGreaterThanOrEqual(pictureCount - 3);
    await expectNoTroubles();
  });

  it("switches up and down through all rungs without a stall", async (context) => {
    const {
      ask,
      stream: found,
      expectNoTroubles,
    } = await open({ ...way, bufferSeconds: SHORT_BUFFER_SECONDS }, context);
    const opening = await ask("play", { untilSeconds: 1, rate: 1 });
    expect(opening.at(-1)?.heightPx).toBe(HEIGHTS_PX[0]);
    for (const heightPx of [240, 360, 240, 180]) {
      const pictures = await ask("switchTo", { heightPx, rate: 3 });
      expectRightNumbers([...opening, ...pictures], found.startSeconds);
      expect(pictures.at(-1)?.heightPx).toBe(heightPx);
    }
    await expectNoTroubles();
  });

  it("hands the browser sound without a gap, from start to end", async (context) => {
    const { ask, see, expectNoTroubles } = await open(
      { ...way, bufferSeconds: 2 * DURATION_SECONDS },
      context,
    );
    await ask("waitUntilLoaded");
    await see(DURATION_SECONDS - 1);
    await ask("play", { untilSeconds: "end", rate: 2 });
    expectWholeTone(await ask("decodeSound"), ENGLISH.toneHz, DURATION_SECONDS);
    await expectNoTroubles();
  });

  it("plays the other language when it is chosen, and goes back", async (context) => {
    const { ask, expectNoTroubles } = await open({ ...way, bufferSeconds: SHORT_BUFFER_SECONDS }, context);
    await ask("playUntilHeard", ENGLISH.toneHz);
    await ask("selectSound", "de");
    await ask("playUntilHeard", GERMAN.toneHz);
    await ask("selectSound", "en");
    await ask("playUntilHeard", ENGLISH.toneHz);
    await expectNoTroubles();
  });

  it("shows the subtitles of the chosen language at their time", async (context) => {
    const { ask, see, stream: found, expectNoTroubles } = await open(way, context);
    const { fromSeconds, toSeconds } = WORDS_AT;
    for (const { language, words } of [GERMAN, ENGLISH]) {
      await see(fromSeconds - 0.5);
      await ask("selectText", language);
      await ask("play", { untilSeconds: fromSeconds + 0.5, rate: 1 });
      // A slow machine may have played past the end of the words.
      await see(fromSeconds + 1);
      await context.expect
        .poll(() => ask("activeCues"), PATIENCE)
        .toEqual([
          {
            startSeconds: expect.closeTo(found.startSeconds + fromSeconds, 2),
            endSeconds: expect.closeTo(found.startSeconds + toSeconds, 2),
            text: words,
          },
        ]);
      await ask("play", { untilSeconds: toSeconds + 0.5, rate: 2 });
      await context.expect.poll(() => ask("activeCues"), PATIENCE).toEqual([]);
    }
    await expectNoTroubles();
  });
});
