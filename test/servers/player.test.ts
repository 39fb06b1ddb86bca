/** The player page in a real browser: a hosted HLS job, encoded by the service, seen and heard. */
import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startChromium, type Browser } from "../support/chromium.ts";
import { lavfi, makeClip } from "../support/make-clip.ts";
import { startLocalService, type LocalService } from "./local-service.ts";
import { playerPage } from "./player-page.ts";

/** Four segments, so that a switch happens within the stream and not before its end. */
const DURATION_SECONDS = 24;
/** Busy, with a red square on the left and a blue one on the right: a wrong decode or a black picture has neither. */
const PICTURE = [
  `testsrc2=size=640x360:rate=25:duration=${DURATION_SECONDS}`,
  "drawbox=x=iw/4-ih/6:y=ih/3:w=ih/3:h=ih/3:t=fill:color=red",
  "drawbox=x=3*iw/4-ih/6:y=ih/3:w=ih/3:h=ih/3:t=fill:color=blue",
].join(",");

let local: LocalService;
let browser: Browser;
/** Kept after the run, for people to look at. */
let screenshots: string;
let playlistPath: string;

beforeAll(async () => {
  screenshots = process.env["SCREENSHOT_DIR"] ?? (await mkdtemp(join(tmpdir(), "copra-screenshots-")));
  await mkdir(screenshots, { recursive: true });
  [local, browser] = await Promise.all([startLocalService(), startChromium()]);
  const tone = lavfi(`sine=frequency=440:sample_rate=48000:duration=${DURATION_SECONDS}`);
  const codecs = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac"];
  const path = await makeClip(local.directory, "clip.mp4", [...lavfi(PICTURE), ...tone, ...codecs]);
  const job = await local.runJob({
    input: { url: await local.serve(path) },
    storage: { service: "coconut" },
    outputs: { httpstream: { hls: { path: "/hls" }, variants: ["mp4:240p", "mp4:360p"] } },
  });
  expect(job.status).toBe("job.completed");
  // SAFETY: the API's shape for streams.
  const [stream] = (job.outputs[0]?.urls ?? []) as { url: string }[];
  playlistPath = new URL(stream?.url ?? "").pathname;
}, 150_000);

afterAll(async () => {
  await browser?.stop();
  await local?.stop();
});

let page: Page;
let player: ReturnType<typeof playerPage>;
/** What the page threw, and what the browser complained about. */
let troubles: string[];
let requested: string[];

beforeEach(async () => {
  page = await browser.context.newPage();
  player = playerPage(page, local.service.url);
  troubles = [];
  requested = [];
  page.on("pageerror", (error) => troubles.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") {
      troubles.push(message.text());
    }
  });
  page.on("request", (request) => requested.push(request.url()));
});

afterEach(async () => {
  await page.close();
});

function screenshot(name: string): Promise<Buffer> {
  return page.screenshot({ path: join(screenshots, `${name}.png`) });
}

describe("the player page", () => {
  it("plays the stream: the clock runs, frames and sound decode, the picture is right", async () => {
    await player.open(playlistPath);
    await player.playUntil(1.5);
    const before = await player.playback();
    await player.playUntil(before.currentTime + 1);
    const after = await player.playback();

    expect(after.error).toBeNull();
    expect(after.frameCount).toBeGreaterThan(before.frameCount + 10);
    expect(after.audioBytes).toBeGreaterThan(before.audioBytes);
    expect(Math.abs(after.durationSeconds - DURATION_SECONDS)).toBeLessThan(0.2);
    const { left, right } = await player.shownColours();
    const [red = 0, , blueLeft = 255] = left;
    const [redRight = 255, , blue = 0] = right;
    expect([red > 200, blueLeft < 60, redRight < 60, blue > 200]).toEqual([true, true, true, true]);
    expect(await page.locator("#failure").isHidden()).toBe(true);
    expect(troubles).toEqual([]);
    await screenshot("playing");
  });

  it("asks nobody but the service for anything", async () => {
    await player.open(playlistPath);
    await player.playUntil(1);
    const strangers = requested.filter(
      (url) => !/^(data|blob):/.test(url) && new URL(url).origin !== local.service.url,
    );
    expect(strangers).toEqual([]);
    expect(requested.some((url) => url.endsWith("segment-0.ts"))).toBe(true);
  });

  it("plays to the end of the stream", async () => {
    await player.open(playlistPath);
    await player.playUntil(0.5);
    await player.seek(DURATION_SECONDS - 1.5);
    await player.waitForEnd();
    const { error, currentTime, durationSeconds } = await player.playback();
    expect(error).toBeNull();
    expect(durationSeconds - currentTime).toBeLessThan(0.1);
    expect(troubles).toEqual([]);
  });

  it("lists the rungs of the ladder, best first, and switches between them", async () => {
    await player.open(playlistPath);
    await player.playUntil(1);
    const options = await page.locator("#quality option").allTextContents();
    expect(options.map((text) => text.replace(/ · .*/, ""))).toEqual(["Auto", "640×360", "426×240"]);

    // In the first segment 240 lines are shown and 360 are buffered already: the first choice takes that back.
    for (const heightPx of [240, 360]) {
      const label = options.find((text) => text.includes(`×${heightPx} `)) ?? "";
      await page.locator("#quality").selectOption({ label });
      await player.waitForText("rendition", label);
      const { currentTime } = await player.playback();
      await player.playUntil(currentTime + 0.5);
      expect((await player.playback()).heightPx).toBe(heightPx);
    }
    await player.waitForText("picture", "640×360");

    await page.locator("#quality").selectOption({ label: "Auto" });
    await player.waitForText("rendition", "(auto)");
    expect((await player.playback()).error).toBeNull();
    expect(troubles).toEqual([]);
    await screenshot("switched");
  });

  it("says that a stream is gone when its playlist is", async () => {
    await player.open(playlistPath.replace("master.m3u8", "gone.m3u8"));
    await player.waitForFailure();
    expect(await page.locator("#failure-message").textContent()).toBe("This stream is gone.");
    expect(await page.locator("#failure-advice").textContent()).toContain("24 hours");
    expect(await page.locator("#quality").isEnabled()).toBe(false);
    await screenshot("gone");
  });

  it("refuses a playlist of another host with a page that says so", async () => {
    const response = await player.open("https://elsewhere.example/x.m3u8");
    expect(response?.status()).toBe(400);
    expect(await page.locator("h1").textContent()).toBe("There is no stream to play.");
    expect(requested.filter((url) => new URL(url).hostname === "elsewhere.example")).toEqual([]);
    await screenshot("refused");
  });

  it("fits a phone without a horizontal scroll bar", async () => {
    await page.setViewportSize({ width: 390, height: 780 });
    await player.open(playlistPath);
    await player.playUntil(0.5);
    expect(await player.contentWidthPx()).toBe(390);
    await screenshot("phone");
  });
});

describe("the player page with a stream of two languages and subtitles", () => {
  /** By the package's format. */
  const manifests = new Map<string, string>();

  beforeAll(async () => {
    const text = join(local.directory, "text.srt");
    await writeFile(text, "1\n00:00:01,000 --> 00:00:03,500\nHello <i>you</i> & me\n");
    const sine = (frequencyHz: number) =>
      lavfi(`sine=frequency=${frequencyHz}:sample_rate=48000:duration=${DURATION_SECONDS}`);
    const path = await makeClip(local.directory, "languages.mkv", [
      ...[...lavfi(PICTURE), ...sine(440), ...sine(880), "-i", text],
      ...["-map", "0", "-map", "1", "-map", "2", "-map", "3", "-default_mode", "infer_no_subs"],
      ...["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac", "-c:s", "srt"],
      ...["-metadata:s:a:0", "language=eng", "-metadata:s:a:1", "language=fre"],
      ...["-metadata:s:s:0", "language=eng"],
    ]);
    const packages = { hls: { path: "/hls" }, dash: { path: "/dash", hlsfmp4: true } };
    const tracks = { audio_tracks: "all", subtitles: "all", variants: ["mp4:240p", "mp4:360p"] };
    const job = await local.runJob({
      input: { url: await local.serve(path) },
      storage: { service: "coconut" },
      outputs: { httpstream: { ...packages, ...tracks } },
    });
    expect(job.status).toBe("job.completed");
    // SAFETY: the API's shape for streams.
    for (const { format, url } of (job.outputs[0]?.urls ?? []) as { format: string; url: string }[]) {
      manifests.set(format, new URL(url).pathname);
    }
  }, 150_000);

  it.each(["hls", "hlsfmp4"])(
    "offers both and the subtitles of %s, and changes to what is chosen",
    async (format) => {
      await player.open(manifests.get(format) ?? "");
      await player.playUntil(0.5);
      const menuOf = (id: string) => page.locator(`#${id} option`).allTextContents();
      expect([await menuOf("sound"), await menuOf("caption")]).toEqual([
        ["English", "French"],
        ["Off", "English"],
      ]);
      expect(await player.shownCues()).toEqual([]);
      const startSeconds = await player.bufferedFrom();

      await page.locator("#caption").selectOption({ label: "English" });
      await page.locator("#sound").selectOption({ label: "French" });
      const before = await player.playback();
      await player.playUntil(before.currentTime + 1);
      const [cue] = await player.shownCues();
      expect((cue?.startSeconds ?? 0) - startSeconds).toBeCloseTo(1, 2);
      expect((cue?.endSeconds ?? 0) - startSeconds).toBeCloseTo(3.5, 2);
      expect(cue?.text).toBe("Hello <i>you</i> &amp; me");
      await player.seek(DURATION_SECONDS - 3);
      await player.playUntil(DURATION_SECONDS - 2);
      const after = await player.playback();
      expect(after.audioBytes).toBeGreaterThan(before.audioBytes);
      expect([
        await page.locator("#sound").inputValue(),
        await page.locator("#caption").inputValue(),
      ]).toEqual(["1", "0"]);
      expect(troubles).toEqual([]);
      await screenshot(`languages-${format}`);
    },
  );

  it("hides the menus of a stream that has one language and no subtitles", async () => {
    await player.open(playlistPath);
    await player.playUntil(0.5);
    expect(await page.locator("#sounds").isHidden()).toBe(true);
    expect(await page.locator("#captions").isHidden()).toBe(true);
  });
});
