/** A stream that is played while it is encoded: its source arrives in three parts, at the test's word. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startChromium, type Browser } from "../support/chromium.ts";
import { eventually } from "../support/eventually.ts";
import { holdFile, type HeldFile } from "../support/held-file.ts";
import { finalView } from "../support/job-client.ts";
import { soundFirst } from "../support/sound-first.ts";
import type { Link } from "../support/stream-bed.ts";
import { startTestBed, type TestBed } from "../support/test-bed.ts";
import { expectRightNumbers, expectWholeTone } from "./expect-playback.ts";
import { openPage, type PlayerTab } from "./open-page.ts";
import type { ShownPicture } from "./page-player.ts";
import { startPageServer, type PageServer } from "./page-server.ts";
import { ENGLISH, FRAME_RATE, makeStreamClip } from "./stream-clip.ts";

const DURATION_SECONDS = 84;
/** Enough for the first stretch, which is a segment long, and not for the second one. */
const FIRST_SHARE = 11 / DURATION_SECONDS;
/** Enough for every stretch that ends by the middle. */
const SECOND_SHARE = 54 / DURATION_SECONDS;
/** Players look for more after a segment's length. */
const RELOAD_SECONDS = 7;
const WAIT_MS = 150_000;

let bed: TestBed;
let browser: Browser;
let pages: PageServer;
let film: HeldFile;

beforeAll(async () => {
  const clip = { seconds: DURATION_SECONDS, size: "320x180", languages: [ENGLISH], isGrainy: true };
  [bed, browser, pages] = await Promise.all([
    startTestBed(async (directory) => {
      film = holdFile(soundFirst(await makeStreamClip(directory, "film.mp4", clip)), FIRST_SHARE);
      return { "film.mp4": film.handler };
    }),
    startChromium(),
    startPageServer({}),
  ]);
}, 120_000);

afterAll(async () => {
  await browser?.stop();
  await pages?.close();
  await bed?.close();
});

/** Starts a job with `live_edge`; its playlists as soon as they can be played. */
async function playableStream(): Promise<{ id: string; links: Link[] }> {
  const { id } = await bed.client.create({
    input: { url: bed.media.url("film.mp4") },
    storage: { service: "coconut" },
    notification: { type: "http", url: bed.webhooks.origin },
    settings: { ultrafast: true },
    outputs: {
      httpstream: {
        hls: { path: "/hls", live_edge: true },
        dash: { path: "/dash", hlsfmp4: true },
        variants: ["mp4:x:64k", "mp4:x90::quality=3", "mp4:x180::quality=3"],
      },
    },
  });
  const links = await eventually(
    "the stream can be played",
    async () => (await bed.client.read(id)).outputs[0]?.urls,
    WAIT_MS,
  );
  // SAFETY: the API's shape for streams.
  return { id, links: links as Link[] };
}

type Viewer = PlayerTab & { shown: ShownPicture[] };

async function watchFrom({ url }: Link): Promise<Viewer> {
  const source = { player: "hls.js", url, bufferSeconds: 2 * DURATION_SECONDS } as const;
  return { ...(await openPage(browser.context, pages.url, source)), shown: [] };
}

const lastSeconds = ({ shown }: Viewer): number => shown.at(-1)?.atSeconds ?? 0;

/** Plays on where it stopped. */
async function playOn(viewer: Viewer, seconds: number): Promise<void> {
  const untilSeconds = lastSeconds(viewer) + seconds;
  viewer.shown.push(...(await viewer.ask("play", { untilSeconds, rate: 1 })));
}

/** Waits until the player has found that there is more. */
const untilLonger = ({ ask }: Viewer, seconds: number): Promise<boolean> =>
  eventually(
    `the player knows of ${seconds} s`,
    async () => (await ask("durationSeconds")) > seconds,
    WAIT_MS,
  );

async function playEnd({ ask, see, shown }: Viewer): Promise<void> {
  await ask("waitUntilLoaded");
  shown.push(await see(DURATION_SECONDS - 2));
  shown.push(...(await ask("play", { untilSeconds: "end", rate: 1 })));
}

describe("a stream that is still encoded, in hls.js", () => {
  it("plays from its beginning as hls and hlsfmp4, goes on where it grows and becomes whole, and reaches the end", async () => {
    const { id, links } = await playableStream();
    expect(links.map(({ format }) => format)).toEqual(["hls", "hlsfmp4"]);
    const isFinished = async () => (await bed.client.read(id)).completed_at !== null;
    const viewers = await Promise.all(links.map(watchFrom));
    const inAll = (act: (viewer: Viewer) => Promise<void>) => Promise.all(viewers.map(act));
    try {
      await inAll(async (viewer) => {
        // Nothing but the first segment, and the player starts with its first picture.
        expect(viewer.stream.durationSeconds).toBeLessThan(FIRST_SHARE * DURATION_SECONDS);
        const first = await viewer.see(0);
        expect(first.number).toBe(0);
        await playOn(viewer, 2);
      });
      expect(await isFinished()).toBe(false);

      film.release(SECOND_SHARE);
      await inAll(async (viewer) => {
        await untilLonger(viewer, FIRST_SHARE * DURATION_SECONDS);
        await playOn(viewer, 5);
      });
      expect(await isFinished()).toBe(false);

      film.release(1);
      await inAll(async (viewer) => {
        // While the rest is encoded, as far as there is something to play.
        const { ask } = viewer;
        while (
          !(await isFinished()) &&
          lastSeconds(viewer) + RELOAD_SECONDS < (await ask("durationSeconds"))
        ) {
          await playOn(viewer, 1);
        }
      });
      expect(finalView(await bed.client.finish(id, WAIT_MS)).status).toBe("job.completed");
      await inAll(async (viewer) => {
        await untilLonger(viewer, DURATION_SECONDS - 1);
        const endSeconds = viewer.stream.startSeconds + DURATION_SECONDS;
        expect(Math.abs((await viewer.ask("durationSeconds")) - endSeconds)).toBeLessThan(0.1);
        await playOn(viewer, 2);
        await playEnd(viewer);
      });
      for (const { ask, shown, stream, expectNoTroubles } of viewers) {
        expectRightNumbers(shown, stream.startSeconds);
        const pictureCount = Math.ceil(DURATION_SECONDS * FRAME_RATE.value);
        expect(shown.at(-1)?.number).toBeGreaterThanOrEqual(pictureCount - 3);
        expectWholeTone(await ask("decodeSound"), ENGLISH.toneHz, DURATION_SECONDS);
        await expectNoTroubles();
      }
    } finally {
      await inAll(({ close }) => close());
    }
  }, 400_000);
});
