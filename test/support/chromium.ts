/** A real browser for tests: Debian's Chromium without a window, driven by playwright-core. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium, type BrowserContext } from "playwright-core";

export type Browser = {
  context: BrowserContext;
  /** Ends the browser and removes its profile. Safe to call twice. */
  stop(): Promise<void>;
};

const CHROMIUM_PATH = "/usr/bin/chromium";

const FLAGS = [
  // Root, as in a container, has no user namespace to build the sandbox from; the pages are the project's own.
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  // Nothing but the test's own requests may leave the machine.
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--autoplay-policy=no-user-gesture-required",
];

/** Starts the browser with an empty profile. */
export async function startChromium(): Promise<Browser> {
  const profile = await mkdtemp(join(tmpdir(), "copra-chromium-"));
  const remove = () => rm(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  const context = await chromium
    .launchPersistentContext(profile, {
      executablePath: CHROMIUM_PATH,
      headless: true,
      args: FLAGS,
      viewport: { width: 1100, height: 900 },
      // The test run's own end is the browser's: it is not to handle the run's signals.
      handleSIGINT: false,
      handleSIGTERM: false,
      handleSIGHUP: false,
    })
    .catch(async (error: unknown) => {
      await remove();
      throw error;
    });
  let stopping: Promise<void> | null = null;
  const run = async (): Promise<void> => {
    await context.close();
    await remove();
  };
  return { context, stop: () => (stopping ??= run()) };
}
