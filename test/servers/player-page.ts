/** The player page under test: what a viewer does with it, and what the browser says of the playback. */
import type { Page } from "playwright-core";

/** What the functions that run inside the page use of it; the tests themselves have no DOM. */
declare const document: {
  documentElement: { scrollWidth: number };
  querySelector(selector: "video"): Video | null;
  getElementById(id: string): { textContent: string } | null;
  createElement(name: "canvas"): Canvas;
};

type Video = {
  currentTime: number;
  duration: number;
  buffered: { start(index: number): number };
  ended: boolean;
  videoHeight: number;
  error: { message: string } | null;
  textTracks: Iterable<{
    mode: string;
    cues: Iterable<{ startTime: number; endTime: number; text: string }> | null;
  }>;
  /** Chromium's own: counts the sound beside the standard's frames. */
  webkitAudioDecodedByteCount: number;
  getVideoPlaybackQuality(): { totalVideoFrames: number };
  play(): Promise<void>;
};

type Canvas = {
  width: number;
  height: number;
  getContext(kind: "2d"): {
    drawImage(video: Video, x: number, y: number, width: number, height: number): void;
    getImageData(x: number, y: number, width: number, height: number): { data: Uint8ClampedArray };
  };
};

export type Playback = {
  currentTime: number;
  durationSeconds: number;
  frameCount: number;
  audioBytes: number;
  heightPx: number;
  error: string | null;
};

/** A page that has not done it by then never does, even beside two encodes. */
const WAIT = { timeout: 60_000 };

export function playerPage(page: Page, origin: string) {
  return {
    open: (src: string) => page.goto(`${origin}/play?src=${encodeURIComponent(src)}`),

    /** Starts the playback as a click on the button does, and waits until the clock has passed a moment. */
    playUntil: async (seconds: number): Promise<void> => {
      await page.evaluate(() => document.querySelector("video")?.play());
      await page.waitForFunction(
        (wanted) => (document.querySelector("video")?.currentTime ?? 0) > wanted,
        seconds,
        WAIT,
      );
    },

    seek: (seconds: number): Promise<void> =>
      page.evaluate((wanted) => {
        Object.assign(document.querySelector("video") ?? {}, { currentTime: wanted });
      }, seconds),

    waitForEnd: async (): Promise<void> => {
      await page.waitForFunction(() => document.querySelector("video")?.ended === true, undefined, WAIT);
    },

    /** Waits until the element shows a text that ends so. */
    waitForText: async (id: string, end: string): Promise<void> => {
      await page.waitForFunction(
        (wanted) => document.getElementById(wanted.id)?.textContent.endsWith(wanted.end) === true,
        { id, end },
        WAIT,
      );
    },

    waitForFailure: () => page.locator("#failure").waitFor({ state: "visible", ...WAIT }),

    playback: (): Promise<Playback> =>
      page.evaluate(() => {
        const video = document.querySelector("video");
        if (video === null) {
          throw new Error("The page has no video.");
        }
        return {
          currentTime: video.currentTime,
          durationSeconds: video.duration,
          frameCount: video.getVideoPlaybackQuality().totalVideoFrames,
          audioBytes: video.webkitAudioDecodedByteCount,
          heightPx: video.videoHeight,
          error: video.error?.message ?? null,
        };
      }),

    /** Where the media begins on the element's clock: hls.js counts from the first DTS, before the first picture. */
    bufferedFrom: (): Promise<number> =>
      page.evaluate(() => document.querySelector("video")?.buffered.start(0) ?? Number.NaN),

    /** Red, green and blue at one and at three quarters of the middle line of the picture that is shown now. */
    shownColours: (): Promise<{ left: number[]; right: number[] }> =>
      page.evaluate(() => {
        const video = document.querySelector("video");
        if (video === null) {
          throw new Error("The page has no video.");
        }
        const canvas = Object.assign(document.createElement("canvas"), { width: 64, height: 36 });
        const context = canvas.getContext("2d");
        context.drawImage(video, 0, 0, 64, 36);
        const row = context.getImageData(0, 18, 64, 1).data;
        return { left: [...row.slice(4 * 16, 4 * 16 + 3)], right: [...row.slice(4 * 48, 4 * 48 + 3)] };
      }),

    /** All cues of the text tracks that are shown. */
    shownCues: (): Promise<{ startSeconds: number; endSeconds: number; text: string }[]> =>
      page.evaluate(() =>
        [...(document.querySelector("video")?.textTracks ?? [])]
          .filter(({ mode }) => mode === "showing")
          .flatMap(({ cues }) => [...(cues ?? [])])
          .map(({ startTime, endTime, text }) => ({ startSeconds: startTime, endSeconds: endTime, text })),
      ),

    contentWidthPx: (): Promise<number> => page.evaluate(() => document.documentElement.scrollWidth),
  };
}
