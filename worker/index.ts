/** The Worker's entry: wiring only. */
import { newApp } from "./app.ts";
import { sweepOpenJobs } from "./job/sweep-open-jobs.ts";

export { ContainerProxy } from "@cloudflare/containers";
export { EncoderContainer } from "./dispatch/encoder-container.ts";
export { FleetObject } from "./fleet/fleet-object.ts";
export { JobObject } from "./job/job-object.ts";

const app = newApp();

export default {
  fetch: app.fetch,
  scheduled: (_controller, env) => sweepOpenJobs(env, Date.now()),
} satisfies ExportedHandler<Env>;
