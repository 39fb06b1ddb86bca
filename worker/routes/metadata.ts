/** `GET /v2/metadata/jobs/:id` and `…/:key`: ffprobe's view of the input and the outputs. */
import { Hono } from "hono";
import { findJob } from "../job/find-job.ts";
import type { AppContext } from "../middleware/app-context.ts";
import { methodNotAllowed } from "../middleware/method-not-allowed.ts";
import { jsonText } from "./json-text.ts";

export const metadata = new Hono<AppContext>();

metadata.get("/jobs/:id", async (c) =>
  jsonText(await findJob(c.env, c.req.param("id")).metadata(c.var.caller.accountId, null)),
);
metadata.all("/jobs/:id", methodNotAllowed("GET"));

// SDKs send the key unescaped, so it may hold ":", "=" and ","; a slash can only be part of it too.
metadata.get("/jobs/:id/:key{.+}", async (c) =>
  jsonText(await findJob(c.env, c.req.param("id")).metadata(c.var.caller.accountId, c.req.param("key"))),
);
metadata.all("/jobs/:id/:key{.+}", methodNotAllowed("GET"));
