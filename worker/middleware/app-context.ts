/** What Hono hands to every handler of the API. */
import type { Caller } from "../db/api-keys.ts";

export type AppContext = { Bindings: Env; Variables: { caller: Caller } };
