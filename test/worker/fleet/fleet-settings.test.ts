import { describe, expect, it } from "vitest";
import { fleetSettings } from "../../../worker/fleet/fleet-settings.ts";

const env = { ENCODER_URLS: "", FLEET_ENCODERS: "8", ULTRAFAST_ENCODERS: "4" };

describe("fleetSettings", () => {
  it("counts containers when no URLs are given", () => {
    expect(fleetSettings(env)).toEqual({ pool: { type: "counted", count: 8 }, ultrafastEncoders: 4 });
  });

  it("names encoders with URLs by their place in the list", () => {
    const { pool } = fleetSettings({ ...env, ENCODER_URLS: "http://a.test/, http://b.test," });
    expect(pool).toEqual({ type: "named", names: ["0", "1"] });
  });

  it.each(["0", "-1", "many", "1.5", "", "1001"])("refuses %j encoders and says what to do", (value) => {
    const sentence = `FLEET_ENCODERS is "${value}"; it must be a whole number from 1 to 1000. Set it in [vars] of wrangler.toml; its default is 8.`;
    expect(() => fleetSettings({ ...env, FLEET_ENCODERS: value })).toThrow(sentence);
    expect(() => fleetSettings({ ...env, ULTRAFAST_ENCODERS: value })).toThrow("ULTRAFAST_ENCODERS is ");
  });
});
