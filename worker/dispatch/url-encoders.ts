/** Encoders at fixed URLs: a laptop's own processes, or machines that someone else looks after. */
import { withTimeLimit } from "../time-limit.ts";
import type { EncoderPort } from "./encoder-port.ts";

/** It runs already, so silence means that it hangs. */
const ANSWER_WITHIN_MS = 3_000;
const RELEASE_WITHIN_MS = 10_000;

/**
 * @param urls base URLs, comma-separated. Encoders are shared by all jobs and named by their index.
 * @param token bearer token that every encoder was started with.
 */
export function urlEncoders(urls: string, token: string): EncoderPort {
  const bases = urls.split(",").map((url) => url.trim().replace(/\/$/, ""));
  const send = (name: string, path: string, init: RequestInit): Promise<Response> => {
    const headers = new Headers(init.headers);
    headers.set("authorization", `Bearer ${token}`);
    return fetch(`${bases[Number(name)]}${path}`, { ...init, headers, redirect: "manual" });
  };
  return {
    answerWithinMs: ANSWER_WITHIN_MS,
    // Each job begins at another encoder, so that jobs spread without talking to each other.
    names: (jobId) => {
      const first = Array.from(jobId, (letter) => letter.charCodeAt(0)).reduce((sum, code) => sum + code, 0);
      return bases.map((_, index) => String((first + index) % bases.length));
    },
    fetch: send,
    release: async (name, jobId) => {
      await withTimeLimit(RELEASE_WITHIN_MS, async (signal) => {
        const response = await send(name, `/jobs/${jobId}`, { method: "DELETE", signal });
        await response.body?.cancel();
      });
    },
    gatewayOrigin: (publicOrigin) => publicOrigin,
  };
}
