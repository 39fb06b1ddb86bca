/** The HTTP face of Copra: which path leads where. */
import { Hono } from "hono";
import { AppError } from "./domain/app-error.ts";
import { gateway } from "./gateway/gateway.ts";
import { apiKey } from "./middleware/api-key.ts";
import type { AppContext } from "./middleware/app-context.ts";
import { emptyNotFound } from "./middleware/empty-not-found.ts";
import { errorResponse, onError } from "./middleware/on-error.ts";
import { files } from "./routes/files.ts";
import { health } from "./routes/health.ts";
import { jobs } from "./routes/jobs.ts";
import { metadata } from "./routes/metadata.ts";
import { play } from "./routes/play.ts";

/** Ruby's and Python's SDKs call with a trailing slash, so it never matters (`strict: false`). */
export function newApp(): Hono<AppContext> {
  const app = new Hono<AppContext>({ strict: false });
  app.onError(onError);
  app.notFound(() => errorResponse(new AppError("not_found")));
  app.use("/v2/*", emptyNotFound(), apiKey());
  app.route("/v2/jobs", jobs);
  app.route("/v2/metadata", metadata);
  app.route("/health", health);
  app.route("/files", files);
  app.route("/play", play);
  app.route("/s3", gateway);
  return app;
}
