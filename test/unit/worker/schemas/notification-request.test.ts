import { describe, expect, it } from "vitest";
import { parseNotification } from "../../../../worker/schemas/notification-request.ts";
import { parsed } from "../../../support/request-bodies.ts";

const parse = (fields: Record<string, unknown>) =>
  parsed((problems) =>
    parseNotification(
      { url: "https://app.example.com/hook", ...fields },
      { allowPrivateNetwork: false },
      problems,
    ),
  );

describe("parseNotification", () => {
  it("needs a URL only", () => {
    expect(parse({})).toEqual({ url: "https://app.example.com/hook", events: false, metadata: false });
  });

  it("takes both switches", () => {
    expect(parse({ type: "http", events: true, metadata: true })).toMatchObject({
      events: true,
      metadata: true,
    });
  });

  it.each([
    ["https://app.example.com/hook", { id: 7 }, "https://app.example.com/hook?id=7"],
    [
      "https://app.example.com/hook?a=1",
      { id: "x y", ok: true },
      "https://app.example.com/hook?a=1&id=x%20y&ok=true",
    ],
    [
      "https://app.example.com/hook?sig=a%20b+c%2F",
      { n: 1.5 },
      "https://app.example.com/hook?sig=a%20b+c%2F&n=1.5",
    ],
    ["https://app.example.com/hook?", { "a&b": "c=d" }, "https://app.example.com/hook?a%26b=c%3Dd"],
    ["https://app.example.com/hook?a=1#frag", { a: 2 }, "https://app.example.com/hook?a=1&a=2"],
    ["https://app.example.com", { empty: "", none: null }, "https://app.example.com/?empty="],
    ["https://app.example.com/hook?sig=a%20b", {}, "https://app.example.com/hook?sig=a%20b"],
  ])("adds to %s the params %j", (url, params, expected) => {
    expect(parse({ url, params }).url).toBe(expected);
  });

  it("overlooks keys that only sns uses", () => {
    expect(parse({ region: "us-east-1", topic_arn: "arn", credentials: {} }).url).toBe(
      "https://app.example.com/hook",
    );
  });
});
