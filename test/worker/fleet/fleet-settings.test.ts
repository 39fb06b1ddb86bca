import { env } from "cloudflare:workers";
import { createExecutionContext } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { newApp } from "../../../worker/app.ts";
import { fleetSettings } from "../../../worker/fleet/fleet-settings.ts";
import { aJobBody, anAccount } from "../support/api.ts";

const settings = { ENCODER_URLS: "", FLEET_ENCODERS: "8", ULTRAFAST_ENCODERS: "4" };

describe("fleetSettings", () => {
  it("counts containers when no URLs are given", () => {
    expect(fleetSettings(settings)).toEqual({ pool: { type: "counted", count: 8 }, ultrafastEncoders: 4 });
  });

  it("names encoders with URLs by their place in the list", () => {
    const { pool } = fleetSettings({ ...settings, ENCODER_URLS: "http://a.test/, http://b.test," });
    expect(pool).toEqual({ type: "named", names: ["0", "1"] });
  });

  it.each(["0", "-1", "many", "1.5", "", "1001"])("refuses %j encoders and says what to do", (value) => {
    const sentence = `FLEET_ENCODERS is "${value}"; it must be a whole number from 1 to 1000. Set it in [vars] of wrangler.toml; its default is 8.`;
    expect(() => fleetSettings({ ...settings, FLEET_ENCODERS: value })).toThrow(sentence);
    expect(() => fleetSettings({ ...settings, ULTRAFAST_ENCODERS: value })).toThrow("ULTRAFAST_ENCODERS is ");
  });
});

describe("a Worker with wrong settings of the fleet", () => {
  const wrong = { ...env, ENCODER_URLS: "", FLEET_ENCODERS: "0" };

  it("is not healthy, and says why", async () => {
    const answer = await newApp().request("/health", {}, wrong);
    expect(answer.status).toBe(503);
    expect(await answer.text()).toContain("FLEET_ENCODERS is ");
  });

  it("takes no job, which would only wait", async () => {
    const { authorization } = await anAccount();
    const job = { method: "POST", headers: { authorization }, body: JSON.stringify(aJobBody()) };
    const context = createExecutionContext();
    expect((await newApp().request("/v2/jobs", job, wrong, context)).status).toBe(500);
  });
});
