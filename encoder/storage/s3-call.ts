/**
 * One signed S3 request, and the patience to repeat it. The body is built anew for each try, so nothing of a
 * file is held in memory. What requests make up an upload is s3-store.ts's and multipart-upload.ts's.
 */
import { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { AwsV4Signer } from "aws4fetch";
import { type Dispatcher, request } from "undici";
import type { ObjectRef, ObjectStoreConfig } from "../contract/object-store.ts";
import { parseRetryAfterMs, retryDelayMs, type RetryPace } from "../retry-delay.ts";
import { TaskFailure } from "../run/task-failure.ts";
import { isAddressForbidden } from "../source/public-dialer.ts";
import { judgeS3Reply, type S3Purpose } from "./judge-s3-reply.ts";
import { objectUrl } from "./object-url.ts";
import type { Patience } from "./patience.ts";
import { elementText, isErrorDocument } from "./s3-xml.ts";

export type S3Network = {
  dispatcherFor: (network: ObjectStoreConfig["network"]) => Dispatcher;
  pace: RetryPace;
  /** Longest silence of a store: until its headers, and within a body. */
  stallTimeoutMs: number;
};

export type S3Call = {
  ref: ObjectRef;
  purpose: S3Purpose;
  method: "GET" | "HEAD" | "PUT" | "POST" | "DELETE";
  query?: Record<string, string>;
  /** A function is asked anew for each try. */
  headers?: Record<string, string> | (() => Record<string, string>);
  body?: Blob;
  onSent?: (bytes: number) => void;
  /** Takes the body of a successful reply; otherwise its text is kept. Errors it throws are not retried. */
  receive?: (reply: S3Reply, body: AsyncIterable<Buffer>) => Promise<void>;
  /** Refusals that the caller deals with itself; they come back as a reply. */
  accepts?: (reply: S3Reply) => boolean;
};

/** `text` is empty for a received body. `errorCode` is null but in refusals. */
export type S3Reply = {
  httpStatus: number;
  headers: Record<string, string>;
  text: string;
  errorCode: string | null;
};

/** Error texts are small; whatever is longer is not S3. */
const MAX_TEXT_BYTES = 64 * 1024;

/** A connection that broke: the only kind of thrown error that is worth another try. */
class ConnectionTrouble extends Error {
  override readonly name = "ConnectionTrouble";
}

/**
 * Sends the call until it succeeds, is refused, or the patience is used up. The failure then is that of the last try;
 * where time ran out in the middle of it, the store's last answer.
 * @throws TaskFailure `destination_*` or `work_storage_unavailable`; the signal's reason when it is aborted.
 */
export async function callS3(
  call: S3Call,
  network: S3Network,
  patience: Patience,
  signal: AbortSignal,
): Promise<S3Reply> {
  let lastAnswer: RetryOutcome | null = null;
  for (let failureCount = 1; ; failureCount += 1) {
    const outcome = await tryOnce(call, network, patience, signal);
    if (outcome.kind === "ok") {
      patience.renew();
      return outcome.reply;
    }
    lastAnswer = outcome.ending === "answered" ? outcome : lastAnswer;
    const delayMs = retryDelayMs(failureCount, network.pace, Math.random(), outcome.retryAfterMs);
    if (patience.remainingMs() <= delayMs) {
      const { failure, cause } = outcome.ending === "out_of_time" ? (lastAnswer ?? outcome) : outcome;
      throw new TaskFailure(failure, { cause });
    }
    await sleep(delayMs, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}

type RetryOutcome = {
  kind: "retry";
  ending: "answered" | "broken" | "out_of_time";
  failure: TaskFailure["failure"];
  retryAfterMs: number | null;
  cause: unknown;
};
type TryOutcome = { kind: "ok"; reply: S3Reply } | RetryOutcome;

async function tryOnce(
  call: S3Call,
  network: S3Network,
  patience: Patience,
  signal: AbortSignal,
): Promise<TryOutcome> {
  // The whole try ends with the patience, however slowly the store takes the bytes.
  const limit = AbortSignal.timeout(Math.max(1, Math.ceil(patience.remainingMs())));
  try {
    const reply = await sendOnce(call, network, AbortSignal.any([signal, limit]));
    const verdict = judgeS3Reply(reply, call.purpose);
    if (verdict.kind === "ok" || call.accepts?.(reply)) {
      return { kind: "ok", reply };
    }
    const cause = new Error(`the store answered ${reply.httpStatus} ${reply.errorCode ?? ""}`.trim());
    if (verdict.kind === "failed") {
      throw new TaskFailure(verdict.failure, { cause });
    }
    const retryAfterMs = parseRetryAfterMs(reply.headers["retry-after"] ?? null, Date.now());
    return { kind: "retry", ending: "answered", failure: verdict.failure, retryAfterMs, cause };
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof ConnectionTrouble)) {
      throw error;
    }
    if (isAddressForbidden(error)) {
      throw new TaskFailure({ code: "destination_address_forbidden" }, { cause: error });
    }
    const code = call.purpose === "read" ? "work_storage_unavailable" : "destination_unavailable";
    const ending = limit.aborted ? "out_of_time" : "broken";
    return { kind: "retry", ending, failure: { code }, retryAfterMs: null, cause: error };
  }
}

async function sendOnce(call: S3Call, network: S3Network, signal: AbortSignal): Promise<S3Reply> {
  const { store, key } = call.ref;
  const { url, headers } = await new AwsV4Signer({
    method: call.method,
    url: objectUrl(store, key, call.query).href,
    headers: typeof call.headers === "function" ? call.headers() : (call.headers ?? {}),
    service: "s3",
    region: store.region,
    accessKeyId: store.credentials.accessKeyId,
    secretAccessKey: store.credentials.secretAccessKey,
  }).sign();
  const response = await connected(
    request(url, {
      dispatcher: network.dispatcherFor(store.network),
      method: call.method,
      // A length is always declared: stores answer 411 to chunked bodies.
      headers: {
        ...Object.fromEntries(headers),
        ...(call.body && { "content-length": String(call.body.size) }),
      },
      body:
        call.body === undefined || call.body.size === 0
          ? null
          : Readable.from(readBlob(call.body, call.onSent), { objectMode: false }),
      headersTimeout: network.stallTimeoutMs,
      bodyTimeout: network.stallTimeoutMs,
      signal,
    }),
  );
  return readReply(call, response);
}

async function readReply(call: S3Call, response: Dispatcher.ResponseData): Promise<S3Reply> {
  const reply: S3Reply = {
    httpStatus: response.statusCode,
    headers: Object.fromEntries(
      Object.entries(response.headers).map(([name, value]) => [name, String(value)]),
    ),
    text: "",
    errorCode: null,
  };
  if (call.receive && response.statusCode >= 200 && response.statusCode < 300) {
    await call.receive(reply, withTrouble(response.body));
    return reply;
  }
  for await (const chunk of withTrouble(response.body)) {
    reply.text += chunk.toString("utf8");
    if (reply.text.length > MAX_TEXT_BYTES) {
      break;
    }
  }
  const isError = response.statusCode >= 300 || isErrorDocument(reply.text);
  return { ...reply, errorCode: isError ? (elementText(reply.text, "Code") ?? "Unknown") : null };
}

async function* readBlob(
  blob: Blob,
  onSent: ((bytes: number) => void) | undefined,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of blob.stream()) {
    yield chunk;
    onSent?.(chunk.byteLength);
  }
}

/** Marks errors of the connection, and only those: what the reader of a body throws passes through untouched. */
async function* withTrouble(body: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  try {
    yield* body;
  } catch (cause) {
    throw new ConnectionTrouble("the store's reply broke off", { cause });
  }
}

async function connected<Value>(reply: Promise<Value>): Promise<Value> {
  try {
    return await reply;
  } catch (cause) {
    throw new ConnectionTrouble("the store could not be reached", { cause });
  }
}
