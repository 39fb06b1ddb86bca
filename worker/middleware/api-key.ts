/**
 * HTTP Basic as Coconut's SDKs send it: the API key is the user name, the password is empty. Sets
 * `c.var.caller`. Everything else gets Coconut's 401 in JSON, because every SDK parses that body.
 */
import type { MiddlewareHandler } from "hono";
import { findCaller, touchApiKey } from "../db/api-keys.ts";
import { openDatabase } from "../db/client.ts";
import { AppError } from "../domain/app-error.ts";
import type { AppContext } from "./app-context.ts";

/** What an API key looks like; anything else is refused without asking the database. */
const API_KEY_PATTERN = /^k-[0-9a-f]{32}$/;

export function apiKey(): MiddlewareHandler<AppContext> {
  return async function apiKey(c, next) {
    const key = basicUserName(c.req.header("authorization"));
    const db = openDatabase(c.env.DB);
    const caller = key !== null && API_KEY_PATTERN.test(key) ? await findCaller(db, key) : null;
    if (caller === null) {
      throw new AppError("authentication_failed");
    }
    c.set("caller", caller);
    c.executionCtx.waitUntil(touchApiKey(db, caller, Date.now()));
    await next();
  };
}

/** The user name of a Basic header, or null. */
function basicUserName(header: string | undefined): string | null {
  const encoded = /^Basic +([A-Za-z0-9+/]+=*) *$/i.exec(header ?? "")?.[1];
  if (encoded === undefined) {
    return null;
  }
  try {
    return atob(encoded).split(":")[0] ?? null;
  } catch {
    return null;
  }
}
