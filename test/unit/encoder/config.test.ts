import { describe, expect, it } from "vitest";
import { ConfigError, readConfig } from "../../../encoder/config.ts";

const messageOf = (env: Record<string, string>): string => {
  try {
    readConfig(env);
  } catch (error) {
    return error instanceof ConfigError ? error.message : "not a ConfigError";
  }
  return "accepted";
};

describe("readConfig", () => {
  it("listens on loopback only unless told otherwise, and refuses private addresses", () => {
    const config = readConfig({ ENCODER_TOKEN: "secret" });
    expect(config).toMatchObject({
      host: "127.0.0.1",
      port: 8080,
      token: "secret",
      allowPrivateNetwork: false,
    });
    expect(config.slots).toBeGreaterThanOrEqual(1);
  });

  it("takes an empty variable as unset", () => {
    expect(readConfig({ ENCODER_TOKEN: "secret", PORT: "", ENCODER_SLOTS: "" }).port).toBe(8080);
  });

  it("refuses to run without a token", () => {
    expect(messageOf({})).toMatch(/^ENCODER_TOKEN is not set\. Set it to/);
  });

  it("runs without a token only where that is said", () => {
    expect(readConfig({ ENCODER_ALLOW_ANONYMOUS: "true" }).token).toBe("");
    expect(messageOf({ ENCODER_ALLOW_ANONYMOUS: "false" })).toContain("ENCODER_TOKEN is not set");
  });

  it.each([
    ["PORT", "http", 'PORT ("http"): is not a whole number.'],
    ["PORT", "70000", "PORT"],
    ["ENCODER_SLOTS", "0", "ENCODER_SLOTS"],
    ["ALLOW_PRIVATE_NETWORK", "yes", "ALLOW_PRIVATE_NETWORK"],
    ["SOURCE_MAX_BYTES", "10GB", "SOURCE_MAX_BYTES"],
  ])("names the variable and the value when %s is %s", (name, value, expected) => {
    const message = messageOf({ ENCODER_TOKEN: "secret", [name]: value });
    expect(message).toContain(expected);
    expect(message).toContain(JSON.stringify(value));
  });

  it("names every wrong variable at once", () => {
    const message = messageOf({ ENCODER_TOKEN: "secret", PORT: "x", ENCODER_SLOTS: "y" });
    expect(message).toContain("PORT");
    expect(message).toContain("ENCODER_SLOTS");
  });

  it("refuses a token that no bearer header can carry, without repeating it", () => {
    const message = messageOf({ ENCODER_TOKEN: "two words" });
    expect(message).toContain("ENCODER_TOKEN");
    expect(message).not.toContain("two words");
  });

  it("takes sources that are larger than the scratch space: they are read in ranges", () => {
    const config = readConfig({
      ENCODER_TOKEN: "secret",
      SOURCE_MAX_BYTES: "200",
      SCRATCH_MAX_BYTES: "100",
    });
    expect(config).toMatchObject({ scratchMaxBytes: 100, source: { maxBytes: 200 } });
    const { scratchMaxBytes, source } = readConfig({ ENCODER_TOKEN: "secret" });
    expect(source.maxBytes).toBeGreaterThan(scratchMaxBytes);
  });
});
