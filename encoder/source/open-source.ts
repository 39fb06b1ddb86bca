/**
 * One GET of a source: redirects followed by hand, each hop judged, the status judged, the body undone of any
 * content coding. Trying again and writing to disk are download-source.ts's.
 */
import { pipeline, type Readable } from "node:stream";
import zlib from "node:zlib";
import { type Dispatcher, request } from "undici";
import { parseRetryAfterMs } from "../retry-delay.ts";
import { followRedirect, isRedirect, parseSourceAddress, type SourceAddress } from "./source-address.ts";
import { judgeSourceStatus, judgeTransportError, SourceSetback } from "./source-setback.ts";

export type OpenSourceOptions = {
  dispatcher: Dispatcher;
  /** Longest silence before the headers and between two pieces of the body. */
  stallTimeoutMs: number;
  signal: AbortSignal;
  /** Continue at this byte, if the file is still the one that `validator` names; null asks for the whole. */
  resume: { offsetBytes: number; validator: string } | null;
};

export type OpenedSource = {
  /** Where the body begins: 0, or the byte that was asked for. */
  offsetBytes: number;
  /** Size of the whole file, null when the server does not say. */
  totalBytes: number | null;
  /** What If-Range needs to continue this very file; null when the server offers nothing strong enough. */
  validator: string | null;
  body: AsyncIterable<Buffer>;
};

type Reply = Dispatcher.ResponseData;

/**
 * @throws SourceSetback for everything that the server or the network did.
 * @throws TaskFailure for redirects that are refused.
 */
export async function openSource(url: string, options: OpenSourceOptions): Promise<OpenedSource> {
  const reply = await requestFollowing(parseSourceAddress(url), options);
  if (options.resume !== null && !continues(reply, options.resume.offsetBytes)) {
    discard(reply);
    return openSource(url, { ...options, resume: null });
  }
  const verdict = judgeSourceStatus(reply.statusCode, { range: options.resume !== null });
  if (verdict !== null) {
    discard(reply);
    const retryAfterMs = parseRetryAfterMs(header(reply, "retry-after"), Date.now());
    throw new SourceSetback(verdict.failure, { mayRetry: verdict.mayRetry, retryAfterMs });
  }
  return reply.statusCode === 206 && options.resume !== null
    ? openRest(reply, options.resume)
    : openWhole(reply);
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
  const { resume } = options;
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
        ...(resume === null ? {} : { range: `bytes=${resume.offsetBytes}-`, "if-range": resume.validator }),
      },
    });
  } catch (cause) {
    options.signal.throwIfAborted();
    throw new SourceSetback(...withCause(judgeTransportError(cause, "headers"), cause));
  }
}

function openWhole(reply: Reply): OpenedSource {
  const coding = header(reply, "content-encoding")?.trim().toLowerCase() ?? "identity";
  const decoder = createDecoder(coding);
  if (decoder !== null) {
    // Lengths and positions are those of the coded bytes, so neither can be used for the file.
    const decoded = pipeline(reply.body, decoder, () => undefined);
    return { offsetBytes: 0, totalBytes: null, validator: null, body: withSetbacks(decoded) };
  }
  return {
    offsetBytes: 0,
    totalBytes: parseLength(header(reply, "content-length")),
    validator: header(reply, "accept-ranges") === "none" ? null : strongValidator(reply),
    body: withSetbacks(reply.body),
  };
}

/**
 * False when a server answers a range request with another range, which happens to files that changed and to
 * servers that get ranges wrong: then only the whole file is safe. A 200 is the whole file already.
 */
function continues(reply: Reply, offsetBytes: number): boolean {
  if (reply.statusCode !== 206) {
    return reply.statusCode !== 416;
  }
  const range = parseContentRange(reply);
  const reachesEnd =
    range !== null && range.firstByte === offsetBytes && range.lastByte === range.totalBytes - 1;
  return reachesEnd && header(reply, "content-encoding") === null;
}

function openRest(reply: Reply, resume: { offsetBytes: number; validator: string }): OpenedSource {
  return {
    offsetBytes: resume.offsetBytes,
    totalBytes: parseContentRange(reply)?.totalBytes ?? null,
    validator: resume.validator,
    body: withSetbacks(reply.body),
  };
}

function parseContentRange(reply: Reply): { firstByte: number; lastByte: number; totalBytes: number } | null {
  const match = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(header(reply, "content-range") ?? "");
  return match && { firstByte: Number(match[1]), lastByte: Number(match[2]), totalBytes: Number(match[3]) };
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

/** If-Range needs a strong validator (RFC 9110, 13.1.5): a strong ETag, else the date of last change. */
function strongValidator(reply: Reply): string | null {
  const etag = header(reply, "etag");
  return etag !== null && /^"[^"]*"$/.test(etag) ? etag : header(reply, "last-modified");
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
