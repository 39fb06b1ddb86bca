import { describe, expect, it } from "vitest";
import { redactedUrl, shownValue } from "../../../../worker/domain/shown-value.ts";

describe("shownValue", () => {
  it.each([
    ["text", '"text"'],
    ["line\r\nbreak", '"line\\r\\nbreak"'],
    [1.5, "1.5"],
    [true, "true"],
    [[1, 2], "(a list)"],
    [{ secret: "canary" }, "(an object)"],
    ["https://user:canary@host/a?sig=canary#canary", '"https://host/a"'],
    ["s3://canary:canary@bucket/key", '"s3://bucket/key"'],
  ])("shows %j as %s", (value, expected) => {
    expect(shownValue(value)).toBe(expected);
  });

  it("shows at most 80 characters of a text", () => {
    expect(shownValue("x".repeat(5000))).toBe(`"${"x".repeat(80)}..."`);
    expect(shownValue(`${"x".repeat(79)}😀tail`).isWellFormed()).toBe(true);
  });
});

describe("redactedUrl", () => {
  it.each([
    ["https://host/a/b.mp4", "https://host/a/b.mp4"],
    ["https://host/a?sig=canary", "https://host/a"],
    ["https:/host/a?sig=canary", "https:/host/a"],
    ["htps//host/a#canary", "htps//host/a"],
    ["https://user:canary@host/a", "https://host/a"],
    ["https://user:can/ary@host/a", "https://host/a"],
    ["user:canary@host/a", "host/a"],
    ["//user:canary@host/a", "//host/a"],
    ["https:\\\\user:canary@host/a", "https:\\\\host/a"],
  ])("turns %s into %s", (text, expected) => {
    expect(redactedUrl(text)).toBe(expected);
  });
});
