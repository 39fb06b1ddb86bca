/**
 * Which URLs of a customer the service opens: inputs, storage endpoints and webhooks. Checked when a job is made
 * and again before each webhook. What a name resolves to is checked where it is dialled.
 */
import { isPublicHostname } from "../../encoder/contract/public-address.ts";

const MAX_URL_CHARS = 2048;

export type UrlOptions = {
  /** Lets URLs point at loopback and private addresses: on a laptop only. */
  allowPrivateNetwork: boolean;
};

/** `rule` ends a sentence that begins with the field's name; it never quotes the URL. */
export type UrlCheck = { ok: true; url: URL } | { ok: false; rule: string };

/** Parses with the WHATWG parser, once: use the URL that comes back, not the text. */
export function checkUrl(text: string, options: UrlOptions): UrlCheck {
  if (text.length > MAX_URL_CHARS) {
    return { ok: false, rule: `must be at most ${MAX_URL_CHARS} characters long` };
  }
  const scheme = /^\s*([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1]?.toLowerCase();
  if (scheme === "ftp" || scheme === "sftp") {
    return { ok: false, rule: `is an ${scheme} address, which is not supported yet` };
  }
  const url = URL.parse(text);
  // The parser drops line breaks and tabs without a word; a URL that has some was put together wrongly.
  if (scheme === undefined || url === null || hasControlCharacter(text.trim())) {
    return { ok: false, rule: "is not a valid URL" };
  }
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    return { ok: false, rule: "must start with http:// or https://" };
  }
  if (!options.allowPrivateNetwork && !isPublicHostname(url.hostname)) {
    return { ok: false, rule: "leads to a private or reserved address, which this service does not open" };
  }
  return { ok: true, url };
}

/** The bare verdict of `checkUrl`. */
export function isAllowedUrl(text: string, allowPrivateNetwork: boolean): boolean {
  return checkUrl(text, { allowPrivateNetwork }).ok;
}

/** C0 controls and DEL: they end header lines and hide in logs. */
export function hasControlCharacter(text: string): boolean {
  // oxlint-disable-next-line no-control-regex -- these are the characters to find
  return /[\u0000-\u001f\u007f]/.test(text);
}
