/**
 * Where a source request goes, and where a redirect may lead it. Pure. Whether the address behind a name is
 * public is checked when it is dialled, in public-dialer.ts.
 */
import { TaskFailure } from "../run/task-failure.ts";

/** Coconut documents none; browsers allow 20, CDNs with signed URLs need 2 or 3. */
const MAX_REDIRECTS = 5;

/** A URL without userinfo and fragment, and the Authorization header that the userinfo stood for. */
export type SourceAddress = { url: URL; authorization: string | null };

/**
 * Parses the customer's URL.
 * @throws TaskFailure `source_address_forbidden` for anything but http and https.
 */
export function parseSourceAddress(text: string): SourceAddress {
  return toAddress(new URL(text));
}

/**
 * The next hop. Credentials of the first URL stay with its origin: they are dropped for good when a redirect
 * leaves it (as fetch does, https://fetch.spec.whatwg.org/#http-redirect-fetch). `redirectNumber` is 1-based.
 * @throws TaskFailure `source_too_many_redirects`, `source_address_forbidden`, or `source_http_error` when the
 *   Location is missing or no URL.
 */
export function followRedirect(
  from: SourceAddress,
  reply: { httpStatus: number; location: string | null },
  redirectNumber: number,
): SourceAddress {
  if (redirectNumber > MAX_REDIRECTS) {
    throw new TaskFailure({ code: "source_too_many_redirects", limit: String(MAX_REDIRECTS) });
  }
  const target = reply.location === null ? null : URL.parse(reply.location, from.url.href);
  if (target === null) {
    throw new TaskFailure({ code: "source_http_error", httpStatus: reply.httpStatus });
  }
  const next = toAddress(target);
  if (next.authorization === null && next.url.origin === from.url.origin) {
    return { ...next, authorization: from.authorization };
  }
  return next;
}

/** True for the statuses whose Location a client follows with the same GET. */
export function isRedirect(httpStatus: number): boolean {
  return [301, 302, 303, 307, 308].includes(httpStatus);
}

function toAddress(parsed: URL): SourceAddress {
  if (parsed.protocol !== "http:" && parsed.protocol !== "https:") {
    throw new TaskFailure({ code: "source_address_forbidden" }, { log: `scheme ${parsed.protocol}` });
  }
  const authorization =
    parsed.username === "" && parsed.password === ""
      ? null
      : `Basic ${Buffer.from(`${decode(parsed.username)}:${decode(parsed.password)}`).toString("base64")}`;
  const url = new URL(parsed);
  url.username = "";
  url.password = "";
  url.hash = "";
  return { url, authorization };
}

/** A stray percent sign is legal in a WHATWG URL and stands for itself. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
