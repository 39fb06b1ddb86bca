/** A tab of the browser with the page under test, and everything that goes wrong in it. */
import type { BrowserContext, Page } from "playwright-core";
import { expect } from "vitest";
import type { OpenedStream, PagePlayer, PlayerSource, ShownPicture } from "./page-player.ts";

type Method = keyof PagePlayer;
type Arguments<M extends Method> = Parameters<PagePlayer[M]>;
type Answer<M extends Method> = Awaited<ReturnType<PagePlayer[M]>>;

export type PlayerTab = {
  stream: OpenedStream;
  /** Asks the page's player. */
  ask: <M extends Method>(method: M, ...args: Arguments<M>) => Promise<Answer<M>>;
  /** Goes to a moment and reads the picture there, of protected media from the screen. */
  see: (atSeconds: number) => Promise<ShownPicture>;
  /** Addresses that the page has asked for. */
  requested: string[];
  /** Fails unless player, browser and network were content so far. */
  expectNoTroubles: () => Promise<void>;
  close: () => Promise<void>;
};

/** Opens a stream in a new tab; the player is ready to play. */
export async function openPage(
  context: BrowserContext,
  pageUrl: string,
  { bufferSeconds = 30, ...source }: Omit<PlayerSource, "bufferSeconds"> & { bufferSeconds?: number },
): Promise<PlayerTab> {
  const page = await context.newPage();
  const complaints: string[] = [];
  const requested: string[] = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error") {
      complaints.push(message.text());
    }
  });
  page.on("request", (request) => requested.push(request.url()));
  page.on("response", (response) => {
    if (response.status() >= 400) {
      complaints.push(`${response.url()} answered ${response.status()}`);
    }
  });
  await page.goto(pageUrl);
  const troubles = async () => [...complaints, ...(await askPage(page, "troubles", []))];
  const ask: PlayerTab["ask"] = (method, ...args) => untilTrouble(askPage(page, method, args), troubles);
  const stream = await ask("open", { ...source, bufferSeconds });
  return {
    stream,
    ask,
    see: async (atSeconds) => {
      const picture = await ask("seek", atSeconds);
      if (picture.number !== null) {
        return picture;
      }
      const screen = await page.locator("video").screenshot();
      return { ...picture, number: await ask("readImage", screen.toString("base64")) };
    },
    requested,
    expectNoTroubles: async () => expect(await troubles()).toEqual([]),
    close: () => page.close(),
  };
}

function askPage<M extends Method>(page: Page, method: M, args: Arguments<M>): Promise<Answer<M>> {
  return page.evaluate(
    ([name, list]) => {
      // SAFETY: the page's main module defines it.
      const { player } = globalThis as unknown as { player: Record<string, (...args: unknown[]) => unknown> };
      return player[name]?.(...list) as never;
    },
    [method, args] as const,
  );
}

/** What never comes because of an error is no reason to wait for the time limit. */
async function untilTrouble<T>(answer: Promise<T>, troubles: () => Promise<string[]>): Promise<T> {
  const outcome = { isSettled: false };
  const settled = answer.finally(() => (outcome.isSettled = true));
  const watch = async (): Promise<T> => {
    while (!outcome.isSettled) {
      await new Promise((resolve) => setTimeout(resolve, 250));
      const found = await troubles();
      if (found.length > 0) {
        throw new Error(found.join("\n"));
      }
    }
    return settled;
  };
  return Promise.race([settled, watch()]);
}
