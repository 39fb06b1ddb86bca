/** The quirk `empty_404`: Coconut answers 404 without a body, and some clients test for that. */
import type { MiddlewareHandler } from "hono";
import { parseQuirks } from "../domain/quirks.ts";
import type { AppContext } from "./app-context.ts";

export function emptyNotFound(): MiddlewareHandler<AppContext> {
  return async function emptyNotFound(c, next) {
    await next();
    if (c.res.status === 404 && parseQuirks(c.env.COCONUT_QUIRKS).has("empty_404")) {
      // Set to nothing first, or the headers of the body that is gone would be kept.
      c.res = undefined;
      c.res = new Response(null, { status: 404 });
    }
  };
}
