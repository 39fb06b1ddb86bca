/** `GET /health`: the Worker runs and its settings are complete. */
import { Hono } from "hono";
import { fleetSettings } from "../fleet/fleet-settings.ts";
import { parseMasterKey } from "../secrets/master-key.ts";

export const health = new Hono<{ Bindings: Env }>();

health.get("/", (c) => {
  try {
    parseMasterKey(c.env.COPRA_MASTER_KEY);
    fleetSettings(c.env);
  } catch (error) {
    return c.json(
      { service: "copra", status: "error", message: error instanceof Error ? error.message : "" },
      503,
    );
  }
  return c.json({ service: "copra", status: "ok" });
});
