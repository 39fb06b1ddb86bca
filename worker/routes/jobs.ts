/** `POST /v2/jobs`, `GET /v2/jobs/:id` and Copra's `GET /v2/jobs/:id/progress`. */
import { hex } from "@scure/base";
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { AppError } from "../domain/app-error.ts";
import { jobIdFrom } from "../domain/ids.ts";
import { parseQuirks } from "../domain/quirks.ts";
import { fleetSettings } from "../fleet/fleet-settings.ts";
import { findJob } from "../job/find-job.ts";
import { log } from "../log.ts";
import type { AppContext } from "../middleware/app-context.ts";
import { methodNotAllowed } from "../middleware/method-not-allowed.ts";
import { parseJobRequest } from "../schemas/job-request.ts";
import { parseJson } from "../schemas/parse-json.ts";
import { jsonText } from "./json-text.ts";

/** Far above any real job, far below what would hurt. */
const MAX_BODY_BYTES = 1024 * 1024;

export const jobs = new Hono<AppContext>();

jobs.post(
  "/",
  bodyLimit({
    maxSize: MAX_BODY_BYTES,
    onError: () => {
      throw new AppError("body_too_large");
    },
  }),
  async (c) => {
    const { spec, secrets } = parseJobRequest(parseJson(await c.req.arrayBuffer()), {
      allowPrivateNetwork: c.env.ALLOW_PRIVATE_NETWORK === "true",
      quirks: parseQuirks(c.env.COCONUT_QUIRKS),
      randomHex: (byteLength) => hex.encode(crypto.getRandomValues(new Uint8Array(byteLength))),
    });
    const id = jobIdFrom(crypto.getRandomValues(new Uint8Array(32)));
    const job = {
      id,
      accountId: c.var.caller.accountId,
      spec,
      origin: c.env.PUBLIC_URL === "" ? new URL(c.req.url).origin : c.env.PUBLIC_URL,
      ultrafastEncoders: fleetSettings(c.env).ultrafastEncoders,
      hostedToken: hex.encode(crypto.getRandomValues(new Uint8Array(16))),
    };
    const body = await c.env.JOBS.getByName(id).create(job, secrets);
    log("info", "job.create", { job: id, account: job.accountId, outputs: spec.outputs.length });
    return jsonText(body, 201);
  },
);
jobs.all("/", methodNotAllowed("POST"));

jobs.get("/:id", async (c) => jsonText(await findJob(c.env, c.req.param("id")).read(c.var.caller.accountId)));
jobs.all("/:id", methodNotAllowed("GET"));

jobs.get("/:id/progress", async (c) =>
  jsonText(await findJob(c.env, c.req.param("id")).progress(c.var.caller.accountId)),
);
jobs.all("/:id/progress", methodNotAllowed("GET"));
