/** A source whose server holds back its end until it is told to go on. */
import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { beginFile } from "./local-server.ts";
import type { SourceHandler } from "./media-server.ts";

/** What is held back comes drop by drop: a server that is silent, or slower than this, is given up on after a while. */
const DROP_BYTES = 32 * 1024;
const DROP_MS = 1_000;

export type HeldFile = {
  handler: SourceHandler;
  /** Lets go of everything before this share of the file, 1 for all. */
  release: (share: number) => void;
};

/** Everything before `share` of the file is served at once. */
export function holdFile(bytes: Uint8Array, share: number): HeldFile {
  let freeBytes = share * bytes.length;
  return {
    handler: async (request, response) => {
      const { start, end } = beginFile(request, response, bytes.length);
      let at = start;
      while (at < end && !response.destroyed) {
        if (at >= freeBytes) {
          await delay(DROP_MS);
        }
        const to = Math.min(end, Math.max(freeBytes, at + DROP_BYTES));
        await write(response, bytes.subarray(at, to));
        at = to;
      }
      response.end();
    },
    release: (next) => {
      freeBytes = next * bytes.length;
    },
  };
}

/** Done when there is room for more, or nobody who wants it. */
async function write(response: ServerResponse, part: Uint8Array): Promise<void> {
  if (!response.write(part)) {
    await Promise.race([once(response, "drain"), once(response, "close")]);
  }
}
