/** Keys, their ids, and the addresses and boxes that lead players to them. What is secret is never quoted. */
import type { OutputContext } from "./output-context.ts";
import { psshProblem } from "./pssh-box.ts";
import type { Given } from "./stream-package.ts";

const CODE = "output_param_not_valid";
const MAX_URI_CHARS = 2048;

type Problems = OutputContext["problems"];

/** 32 lower-case hex digits; null after a problem, which does not quote the value. */
export function parseKey({ value, field }: Given, problems: Problems): string | null {
  if (typeof value === "string" && /^[0-9a-f]{32}$/i.test(value)) {
    return value.toLowerCase();
  }
  problems.add(CODE, {
    field,
    rule: "must be the 16 bytes of a key in 32 hexadecimal digits",
    advice: "Make one with: openssl rand -hex 16.",
  });
  return null;
}

/** 32 lower-case hex digits of those or a UUID; null after a problem. */
export function parseKeyId({ value, field }: Given, problems: Problems): string | null {
  const isId =
    typeof value === "string" && /^([0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$/i.test(value);
  if (isId) {
    return value.toLowerCase().replaceAll("-", "");
  }
  // Not quoted: a key may stand in the wrong place.
  problems.add(CODE, {
    field,
    rule: "must be the 16 bytes of a key id in 32 hexadecimal digits, or a UUID",
    advice: "Give the id by which the licence server knows the key.",
  });
  return null;
}

/**
 * An address that players open, as the URL parser writes it. Unlike addresses that the service opens it may be private.
 * Null after a problem.
 */
export function parsePlayerUri(
  { value, field }: Given,
  schemes: readonly string[],
  problems: Problems,
): string | null {
  const names = schemes.map((scheme) => `${scheme}://`).join(" or ");
  const rule = playerUriProblem(value, schemes, names);
  if (rule === null && typeof value === "string") {
    return URL.parse(value)?.href ?? null;
  }
  problems.add(CODE, {
    field,
    // A key may stand in the wrong place; of an address only what comes before its query is quoted.
    ...(typeof value === "string" && value.includes("://") && { value }),
    ...(rule !== null && { rule }),
    advice: `Give a whole ${names} address.`,
  });
  return null;
}

function playerUriProblem(value: unknown, schemes: readonly string[], names: string): string | null {
  if (typeof value !== "string") {
    return "must be a string";
  }
  if (value.length > MAX_URI_CHARS) {
    return `must be at most ${MAX_URI_CHARS} characters long`;
  }
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(value)?.[1]?.toLowerCase();
  if (scheme === undefined || !schemes.includes(scheme)) {
    return `must start with ${names}`;
  }
  const url = URL.parse(value);
  // Manifests quote it; blanks and control characters would end up as something else.
  return url === null || !/^[\x21-\x7e]+$/.test(url.href) || /["\s]/.test(value) || url.href.includes('"')
    ? "is not a valid URL"
    : null;
}

/** Null after a problem. */
export function parsePssh(
  { value, field }: Given,
  system: "widevine" | "playready",
  problems: Problems,
): string | null {
  const rule = typeof value === "string" ? psshProblem(value, system) : "must be a string";
  if (rule === null && typeof value === "string") {
    return value;
  }
  problems.add(CODE, {
    field,
    ...(rule !== null && { rule }),
    advice: "Give the whole box in base64, as the licence service makes it; it begins with AAAA.",
  });
  return null;
}
