import { describe, expect, it } from "vitest";
import { TaskFailure } from "../../../../encoder/run/task-failure.ts";
import { followRedirect, isRedirect, parseSourceAddress } from "../../../../encoder/source/source-address.ts";

const failureOf = (action: () => unknown): unknown => {
  try {
    action();
  } catch (error) {
    return error instanceof TaskFailure ? error.failure : error;
  }
  return "accepted";
};
const redirect = (location: string | null, httpStatus = 302) => ({ location, httpStatus });
const basic = (text: string): string => `Basic ${Buffer.from(text).toString("base64")}`;

describe("parseSourceAddress", () => {
  it("turns userinfo into a Basic header and takes it out of the URL", () => {
    const address = parseSourceAddress("https://us%3Aer:p%40ss@media.example.com/a?b=c#d");
    expect(address.url.href).toBe("https://media.example.com/a?b=c");
    expect(address.authorization).toBe(basic("us:er:p@ss"));
  });

  it("takes a stray percent sign in userinfo as itself", () => {
    expect(parseSourceAddress("https://user:100%@media.example.com/").authorization).toBe(basic("user:100%"));
  });

  it.each([
    "file:///etc/passwd",
    "ftp://media.example.com/a",
    "gopher://x.example/",
    "data:,a",
    "s3://bucket/key",
  ])("refuses the scheme of %s", (url) => {
    expect(failureOf(() => parseSourceAddress(url))).toEqual({ code: "source_address_forbidden" });
  });
});

describe("followRedirect", () => {
  const from = parseSourceAddress("https://user:pass@media.example.com/dir/a.mp4?x=1");

  it("resolves a relative Location and keeps credentials on the same origin", () => {
    const next = followRedirect(from, redirect("../b.mp4"), 1);
    expect(next.url.href).toBe("https://media.example.com/b.mp4");
    expect(next.authorization).toBe(basic("user:pass"));
  });

  it.each([
    ["another host", "https://other.example.com/a.mp4"],
    ["another port", "https://media.example.com:8443/a.mp4"],
    ["another scheme", "http://media.example.com/a.mp4"],
  ])("drops credentials when the redirect leads to %s", (_, location) => {
    expect(followRedirect(from, redirect(location), 1).authorization).toBeNull();
  });

  it("does not give credentials back when a chain returns to the first origin", () => {
    const away = followRedirect(from, redirect("https://other.example.com/"), 1);
    expect(followRedirect(away, redirect("https://media.example.com/a.mp4"), 2).authorization).toBeNull();
  });

  it("uses the credentials that a Location carries itself", () => {
    const next = followRedirect(from, redirect("https://k:v@other.example.com/"), 1);
    expect(next.authorization).toBe(basic("k:v"));
    expect(next.url.href).toBe("https://other.example.com/");
  });

  it("allows the fifth redirect and refuses the sixth", () => {
    expect(failureOf(() => followRedirect(from, redirect("/b"), 5))).toBe("accepted");
    expect(failureOf(() => followRedirect(from, redirect("/b"), 6))).toEqual({
      code: "source_too_many_redirects",
      limit: "5",
    });
  });

  it("refuses to leave http and https", () => {
    expect(failureOf(() => followRedirect(from, redirect("file:///etc/passwd"), 1))).toEqual({
      code: "source_address_forbidden",
    });
  });

  it.each([null, "https://[bad"])("reports the status when the Location is %j", (location) => {
    expect(failureOf(() => followRedirect(from, redirect(location, 307), 1))).toEqual({
      code: "source_http_error",
      httpStatus: 307,
    });
  });
});

describe("isRedirect", () => {
  it("follows the five statuses that keep a GET a GET and nothing else", () => {
    const all = Array.from({ length: 100 }, (_, index) => 300 + index);
    expect(all.filter(isRedirect)).toEqual([301, 302, 303, 307, 308]);
  });
});
