/** Encoders at fixed URLs: a laptop's own processes, or machines that someone else looks after. */
import { withTimeLimit } from "../time-limit.ts";
import type { EncoderPort } from "./encoder-port.ts";

/** It runs already, so silence means that it hangs. */
const ANSWER_WITHIN_MS = 3_000;
const RELEASE_WITHIN_MS = 10_000;

/** The base URLs in a comma-separated list, without trailing slashes. */
export function encoderUrls(list: string): string[] {
  return list
    .split(",")
    .map((url) => url.trim().replace(/\/$/, ""))
    .filter((url) => url !== "");
}

/**
 * @param urls base URLs. The encoder at each is named by its index.
 * @param token bearer token that every encoder was started with.
 */
export function urlEncoders(urls: readonly string[], token: string): EncoderPort {
  const send = (name: string, path: string, init: RequestInit): Promise<Response> => {
    const headers = new Headers(init.headers);
    headers.set("authorization", `Bearer ${token}`);
    const base = urls[Number(name)];
    if (base === undefined) {
      return Promise.reject(new Error(`ENCODER_URLS has no encoder ${name} any more.`));
    }
    return fetch(`${base}${path}`, { ...init, headers, redirect: "manual" });
  };
  return {
    answerWithinMs: ANSWER_WITHIN_MS,
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
