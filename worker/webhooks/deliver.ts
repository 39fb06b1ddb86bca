/**
 * One webhook attempt: a signed POST and a verdict. Never throws, never follows a redirect; the schedule of
 * attempts is not decided here. Headers follow the Standard Webhooks specification, bodies are Coconut's.
 *
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
import { Webhook } from "standardwebhooks";
import { isAllowedUrl } from "../domain/allowed-url.ts";
import type { DeliveryOutcome } from "../domain/job-events.ts";
import { errorText } from "../log.ts";
import { withTimeLimit } from "../time-limit.ts";

/** Coconut's clients answer at once; a receiver that needs longer has to queue. */
const DELIVERY_TIMEOUT_MS = 15_000;

/** Enough of an answer to see what a receiver complained about. */
const RESPONSE_LOG_BYTES = 512;

export type Delivery = {
  url: string;
  /** Stable over all attempts. */
  id: string;
  sequence: number;
  /** 1-based. */
  attempt: number;
  body: string;
  /** `whsec_` + base64, or null for an account without one. */
  secret: string | null;
};

export type DeliveryResult = {
  outcome: DeliveryOutcome;
  /** Null when no answer came. */
  httpStatus: number | null;
  latencyMs: number;
  /** Start of the answer, or what went wrong. */
  note: string;
};

/** Makes one attempt at `now`. */
export async function deliver(
  delivery: Delivery,
  options: { allowPrivateNetwork: boolean; now: number },
): Promise<DeliveryResult> {
  const startedAt = performance.now();
  const finish = (outcome: DeliveryOutcome, httpStatus: number | null, note: string): DeliveryResult => ({
    outcome,
    httpStatus,
    latencyMs: Math.round(performance.now() - startedAt),
    note,
  });
  if (!isAllowedUrl(delivery.url, options.allowPrivateNetwork)) {
    return finish(
      { result: "failed", gone: true, retryAfterMs: null },
      null,
      "The address is not a public one.",
    );
  }
  try {
    return await withTimeLimit(DELIVERY_TIMEOUT_MS, async (signal) => {
      const response = await fetch(delivery.url, {
        method: "POST",
        headers: headers(delivery, options.now),
        body: delivery.body,
        redirect: "manual",
        signal,
      });
      // The status is the answer; a body that breaks off or never comes does not take it back.
      const note = await readStart(response).catch(errorText);
      return finish(verdict(response, options.now), response.status, note);
    });
  } catch (error) {
    return finish({ result: "failed", gone: false, retryAfterMs: null }, null, errorText(error));
  }
}

/** 2xx is success and nothing else is: a redirect would let a receiver point the sender anywhere. */
function verdict(response: Response, now: number): DeliveryOutcome {
  if (response.ok) {
    return { result: "delivered" };
  }
  return { result: "failed", gone: response.status === 410, retryAfterMs: retryAfterMs(response, now) };
}

function headers(delivery: Delivery, now: number): Record<string, string> {
  const at = new Date(now);
  return {
    "content-type": "application/json",
    "user-agent": "Coconut/v2 Webhook (Copra)",
    "webhook-id": delivery.id,
    "webhook-timestamp": String(Math.floor(now / 1000)),
    ...(delivery.secret === null
      ? {}
      : { "webhook-signature": new Webhook(delivery.secret).sign(delivery.id, at, delivery.body) }),
    // Copra's own: the order of a job's events, and which try this is.
    "copra-sequence": String(delivery.sequence),
    "copra-attempt": String(delivery.attempt),
  };
}

/** RFC 9110 §10.2.3: seconds or a date; anything else counts as absent. */
function retryAfterMs(response: Response, now: number): number | null {
  const value = response.headers.get("retry-after")?.trim() ?? "";
  if (/^\d{1,9}$/.test(value)) {
    return Number(value) * 1000;
  }
  const at = Date.parse(value);
  return Number.isNaN(at) ? null : Math.max(0, at - now);
}

/** Reads the beginning of an answer and drops the rest unread. */
async function readStart(response: Response): Promise<string> {
  const reader = response.body?.getReader();
  if (reader === undefined) {
    return "";
  }
  try {
    const { value } = await reader.read();
    return new TextDecoder().decode(value?.subarray(0, RESPONSE_LOG_BYTES));
  } finally {
    await reader.cancel();
  }
}
