/** Keys to URLs. Pure. The encoding is the one that SigV4 signs, so a key means the same on both ends. */
import type { ObjectStoreConfig } from "../contract/object-store.ts";
import { TaskFailure } from "../run/task-failure.ts";

/**
 * RFC 3986 encoding of one key: everything but unreserved characters and the slash.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
 */
export function encodeKey(key: string): string {
  return key
    .split("/")
    .map((segment) =>
      encodeURIComponent(segment).replace(
        /[!'()*]/g,
        (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
      ),
    )
    .join("/");
}

/**
 * The URL of an object, with the endpoint's own path prefix kept.
 * @throws TaskFailure `destination_rejected` for what no URL can carry: `.` and `..` segments, which URL parsers
 *   resolve, lone surrogates, and a bucket before an address that is no name.
 */
export function objectUrl(
  store: Pick<ObjectStoreConfig, "endpoint" | "bucket" | "addressing">,
  key: string,
  query: Record<string, string> = {},
): URL {
  if (key.split("/").some((segment) => segment === "." || segment === "..") || !key.isWellFormed()) {
    const log = "the object key has a `.` or `..` segment or is not well-formed Unicode";
    throw new TaskFailure({ code: "destination_rejected" }, { log });
  }
  const url = new URL(store.endpoint);
  const prefix = url.pathname.replace(/\/+$/, "");
  if (store.addressing === "virtual-host") {
    const hostname = `${store.bucket}.${url.hostname}`.toLowerCase();
    url.hostname = hostname;
    // The setter ignores what it cannot parse.
    if (url.hostname !== hostname) {
      const log = "the bucket cannot be part of the endpoint's host name";
      throw new TaskFailure({ code: "destination_rejected" }, { log });
    }
    url.pathname = `${prefix}/${encodeKey(key)}`;
  } else {
    url.pathname = `${prefix}/${encodeKey(store.bucket)}/${encodeKey(key)}`;
  }
  url.search = Object.entries(query)
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
    .join("&");
  url.hash = "";
  return url;
}
