/** Subtitles of hostile text, read by a browser's own parser. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { assCueText } from "../../encoder/ffmpeg/subtitle/ass-cue-text.ts";
import type { Cue } from "../../encoder/ffmpeg/subtitle/cut-cues.ts";
import { webvttCueText } from "../../encoder/ffmpeg/subtitle/webvtt-cue-text.ts";
import { webvttFile } from "../../encoder/ffmpeg/subtitle/webvtt-file.ts";
import { startChromium, type Browser } from "../support/chromium.ts";
import { type LocalServer, startLocalServer } from "../support/local-server.ts";

/** What the functions that run inside the page use of it. */
declare const document: {
  querySelector(selector: "video"): {
    textTracks: {
      0: { cues: Iterable<{ startTime: number; endTime: number; text: string; line: number | "auto" }> };
    };
  };
  querySelector(selector: "track"): { readyState: number };
};

const LOADED = 2;

const PIECES = [
  ...["<", ">", "&", ";", "/", "i", "v ", "ruby", "rt", ".", "c.x", "#x3c", "-->", "00:01.000"],
  ...["\n", "\n\nNOTE x", "STYLE\n", "\0", "\u2028", " ", "a", "é", "日本"],
  ...[String.raw`{\i1}`, String.raw`{\b1}`, String.raw`{\i0}`, String.raw`\N`, "{", "}"],
];

/** Half of them of WebVTT, at the top of the picture, half of ASS and other text. */
function hostileCues(count: number): Cue[] {
  let state = 7;
  const next = () => (state = (state * 48_271) % 2_147_483_647);
  return Array.from({ length: count }, (_, index): Cue[] => {
    const text = Array.from({ length: 12 }, () => PIECES[next() % PIECES.length]).join("");
    const cue =
      index % 2 === 0
        ? webvttCueText(`\nline:0\n${text}`)
        : assCueText(`0,0,Default,,0,0,0,,${text}`, { isAss: index % 4 === 1 });
    return cue === null ? [] : [{ ...cue, startMs: index * 10, endMs: index * 10 + 1_000 }];
  }).flat();
}

const CUES = hostileCues(4_000);

let browser: Browser;
let server: LocalServer;
beforeAll(async () => {
  browser = await startChromium();
  server = await startLocalServer((request, response) => {
    const [type, body] =
      request.url === "/subtitles.vtt"
        ? ["text/vtt; charset=utf-8", webvttFile(CUES, { isTransport: true })]
        : ["text/html", `<!doctype html><video><track default src="/subtitles.vtt"></video>`];
    response.writeHead(200, { "content-type": type }).end(body);
  });
});
afterAll(async () => {
  await browser?.stop();
  await server?.close();
});

describe("webvttFile", () => {
  it("is read by Chromium cue for cue as it was written, whatever the text holds", async () => {
    const page = await browser.context.newPage();
    await page.goto(server.origin);
    await page.waitForFunction((loaded) => document.querySelector("track").readyState === loaded, LOADED);
    const read = await page.evaluate(() =>
      [...document.querySelector("video").textTracks[0].cues].map(({ startTime, endTime, text, line }) => ({
        startMs: Math.round(startTime * 1_000),
        endMs: Math.round(endTime * 1_000),
        settings: line === 0 ? "line:0" : "",
        text,
      })),
    );
    expect(CUES.length).toBeGreaterThan(3_500);
    expect(read).toEqual(
      CUES.map(({ startMs, endMs, settings, text }) => ({ startMs, endMs, settings, text })),
    );
  });
});
