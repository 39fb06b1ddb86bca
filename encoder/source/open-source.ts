/**
 * One GET of a source, whole or a range: redirects followed by hand, each hop judged, the status judged, the body
 * undone of any content coding. Trying again is stream-source.ts's, which version it is source-version.ts's.
 */
import { pipeline, type Readable } from "node:stream";
import zlib from "node:zlib";
import { type Dispatcher, request } from "undici";
import { parseRetryAfterMs } from "../retry-delay.ts";
import { TaskFailure } from "../run/task-failure.ts";
import { followRedirect, isRedirect, parseSourceAddress, type SourceAddress } from "./source-address.ts";
import { judgeSourceStatus, judgeTransportError, SourceSetback } from "./source-setback.ts";

/** Bytes [startByte, endByte); `ifRange` asks for them only as long as the file is the one that it names. */
export type WantedRange = { startByte: number; endByte: number; ifRange: string | null };

export type OpenSourceOptions = {
  dispatcher: Dispatcher;
  /** Longest silence before the headers and between two pieces of the body. */
  stallTimeoutMs: number;
  signal: AbortSignal;
  /** Null asks for the whole file and sends no Range. */
  range: WantedRange | null;
};

/** What a server says of the version of a file; null where it says nothing. */
export type SourceVersion = { totalBytes: number | null; etag: string | null; lastModified: string | null };

export type OpenedSource = SourceVersion & {
  /** `whole` is also what a server answers that knows no ranges, or whose file is not the one of `ifRange`. */
  kind: "part" | "whole";
  /** Where the body begins. */
  startByte: number;
  /** Where the body ends, null when the server does not say. A server may give less of a range than was asked. */
  endByte: number | null;
  /** Of a whole body: the server says that it would give parts of it. */
  offersRanges: boolean;
  body: AsyncIterable<Buffer>;
  /** Lets go of a body that nobody reads. */
  close: () => void;
};

/** The server does not give this range: it says so with 416, or its 206 is not what was asked. */
export type RefusedRange = SourceVersion & { kind: "refused"; httpStatus: 206 | 416 };

type Reply = Dispatcher.ResponseData;

/**
 * @throws SourceSetback for everything that the server or the network did.
 * @throws TaskFailure for redirects that are refused, and `source_empty`.
 */
export async function openSource(
  url: string,
  options: OpenSourceOptions,
): Promise<OpenedSource | RefusedRange> {
  const reply = await requestFollowing(parseSourceAddress(url), options);
  if (options.range !== null && (reply.statusCode === 206 || reply.statusCode === 416)) {
    return openPart(reply, reply.statusCode, options.range);
  }
  const verdict = judgeSourceStatus(reply.statusCode);
  if (verdict !== null) {
    discard(reply);
    const retryAfterMs = parseRetryAfterMs(header(reply, "retry-after"), Date.now());
    throw new SourceSetback(verdict.failure, { mayRetry: verdict.mayRetry, retryAfterMs });
  }
  return openWhole(reply);
}

async function requestFollowing(first: SourceAddress, options: OpenSourceOptions): Promise<Reply> {
  let address = first;
  for (let redirectNumber = 1; ; redirectNumber += 1) {
    const reply = await requestOnce(address, options);
    if (!isRedirect(reply.statusCode)) {
      return reply;
    }
    discard(reply);
    const location = header(reply, "location");
    address = followRedirect(address, { httpStatus: reply.statusCode, location }, redirectNumber);
  }
}

async function requestOnce(address: SourceAddress, options: OpenSourceOptions): Promise<Reply> {
  const { range } = options;
  try {
    return await request(address.url, {
      dispatcher: options.dispatcher,
      signal: options.signal,
      headersTimeout: options.stallTimeoutMs,
      bodyTimeout: options.stallTimeoutMs,
      headers: {
        accept: "*/*",
        // A coded body has another length and other byte positions than the file.
        "accept-encoding": "identity",
        "user-agent": "copra",
        ...(address.authorization === null ? {} : { authorization: address.authorization }),
        ...(range === null ? {} : { range: `bytes=${range.startByte}-${range.endByte - 1}` }),
        ...(range?.ifRange ? { "if-range": range.ifRange } : {}),
      },
    });
  } catch (cause) {
    options.signal.throwIfAborted();
    throw new SourceSetback(...withCause(judgeTransportError(cause, "headers"), cause));
  }
}

function openWhole(reply: Reply): OpenedSource {
  const close = (): void => discard(reply);
  const coding = header(reply, "content-encoding")?.trim().toLowerCase() ?? "identity";
  const decoder = createDecoder(coding);
  if (decoder !== null) {
    // Lengths, positions and tags are those of the coded bytes, so none can be used for the file.
    const decoded = pipeline(reply.body, decoder, () => undefined);
    const version = { totalBytes: null, etag: null, lastModified: header(reply, "last-modified") };
    const body = withSetbacks(decoded);
    return { kind: "whole", ...version, startByte: 0, endByte: null, offersRanges: false, body, close };
  }
  const totalBytes = parseLength(header(reply, "content-length"));
  return {
    kind: "whole",
    ...tags(reply),
    totalBytes,
    startByte: 0,
    endByte: totalBytes,
    offersRanges: header(reply, "accept-ranges")?.trim().toLowerCase() === "bytes",
    body: withSetbacks(reply.body),
    close,
  };
}

function openPart(reply: Reply, httpStatus: 206 | 416, wanted: WantedRange): OpenedSource | RefusedRange {
  const range = parseContentRange(reply);
  const isCoded = (header(reply, "content-encoding") ?? "identity") !== "identity";
  if (httpStatus === 206 && range !== null && range.startByte === wanted.startByte && !isCoded) {
    const body = withSetbacks(reply.body);
    return { kind: "part", ...tags(reply), ...range, offersRanges: true, body, close: () => discard(reply) };
  }
  discard(reply);
  const totalBytes = httpStatus === 416 ? parseUnsatisfiedTotal(reply) : null;
  if (totalBytes === 0) {
    throw new TaskFailure({ code: "source_empty" });
  }
  return { kind: "refused", httpStatus, ...tags(reply), totalBytes };
}

function parseContentRange(reply: Reply): { startByte: number; endByte: number; totalBytes: number } | null {
  const match = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(header(reply, "content-range") ?? "");
  const [startByte, endByte, totalBytes] = [Number(match?.[1]), Number(match?.[2]) + 1, Number(match?.[3])];
  return startByte < endByte && endByte <= totalBytes ? { startByte, endByte, totalBytes } : null;
}

function parseUnsatisfiedTotal(reply: Reply): number | null {
  return parseLength(/^bytes \*\/(\d+)$/.exec(header(reply, "content-range") ?? "")?.[1] ?? null);
}

function tags(reply: Reply): { etag: string | null; lastModified: string | null } {
  return { etag: header(reply, "etag"), lastModified: header(reply, "last-modified") };
}

/** Turns errors of the body, and only those, into setbacks: what the reader throws passes through untouched. */
async function* withSetbacks(body: Readable): AsyncGenerator<Buffer> {
  try {
    yield* body;
  } catch (cause) {
    throw new SourceSetback(...withCause(judgeTransportError(cause, "body"), cause));
  }
}

function withCause(
  verdict: ReturnType<typeof judgeTransportError>,
  cause: unknown,
): ConstructorParameters<typeof SourceSetback> {
  return [verdict.failure, { mayRetry: verdict.mayRetry, cause }];
}

/** For servers that compress although identity was asked for. */
function createDecoder(coding: string): zlib.Gunzip | zlib.Inflate | zlib.BrotliDecompress | null {
  switch (coding) {
    case "gzip":
    case "x-gzip":
      return zlib.createGunzip();
    case "deflate":
      return zlib.createInflate();
    case "br":
      return zlib.createBrotliDecompress();
    default:
      return null;
  }
}

function header(reply: Reply, name: string): string | null {
  const value = reply.headers[name];
  return (Array.isArray(value) ? value[0] : value) ?? null;
}

function parseLength(text: string | null): number | null {
  return text !== null && /^\d+$/.test(text) ? Number(text) : null;
}

/** Lets go of a body that nobody reads; destroying it closes the connection, which a long error page deserves. */
function discard(reply: Reply): void {
  reply.body.on("error", () => undefined).destroy();
}
