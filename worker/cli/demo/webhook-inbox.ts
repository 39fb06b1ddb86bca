/** Webhooks as the demo receives them: is the signature right, what do they say. */
import { Webhook } from "standardwebhooks";
import { z } from "zod";
import type { Paint } from "./paint.ts";
import { statusText } from "./progress-view.ts";

const bodySchema = z.object({
  job_id: z.string(),
  event: z.string(),
  data: z.object({ key: z.string().optional(), status: z.string(), progress: z.string().optional() }),
});

export type ReceivedWebhook = {
  jobId: string;
  event: string;
  /** Key of the output; null for the input and the job. */
  outputKey: string | null;
  status: string;
  /** "unknown" when the secret of the service is not at hand. */
  signature: "right" | "wrong" | "unknown";
};

/**
 * Reads one delivery. Null when the body is not one of Copra's.
 *
 * @param secret `whsec_…` of the account; null when it is not known.
 */
export function readWebhook(body: string, headers: Headers, secret: string | null): ReceivedWebhook | null {
  const parsed = bodySchema.safeParse(parseJson(body));
  if (!parsed.success) {
    return null;
  }
  const { job_id: jobId, event, data } = parsed.data;
  const signature = secret === null ? "unknown" : isSigned(body, headers, secret) ? "right" : "wrong";
  return { jobId, event, outputKey: data.key ?? null, status: data.status, signature };
}

/** One line: when, what, of which output, how it went, and whether the signature is right. */
export function renderWebhook(webhook: ReceivedWebhook, elapsedMs: number, paint: Paint): string {
  const signature = {
    right: paint("green", "signature ok"),
    wrong: paint("red", "SIGNATURE WRONG"),
    unknown: paint("dim", "signature not checked"),
  }[webhook.signature];
  const what = webhook.outputKey === null ? "" : `${webhook.outputKey} ${statusText(webhook.status)}  `;
  const time = paint("dim", `webhook ${(elapsedMs / 1_000).toFixed(1)} s`);
  return `  ${time}  ${paint("bold", webhook.event)}  ${what}${signature}`;
}

function isSigned(body: string, headers: Headers, secret: string): boolean {
  try {
    new Webhook(secret).verify(body, Object.fromEntries(headers));
    return true;
  } catch {
    return false;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
