import { describe, expect, it } from "vitest";
import { pathProblem, utf8Length } from "../../../../worker/domain/object-path.ts";
import { seededRandom } from "../../../support/random.ts";

describe("pathProblem", () => {
  it.each([
    "/video.mp4",
    "video.mp4",
    "_coconut//x.avi",
    "//video.mp4",
    "/",
    "",
    "/@user/100%/a+b&c=d;e:f,g?h#i/ü 漢字.mp4",
    "/..hidden/a..b/...mp4",
    "/a%20b/%2e%2e%2e.mp4",
    `/${"a".repeat(977)}`,
  ])("accepts %j", (path) => {
    expect(pathProblem(path)).toBeNull();
  });

  it.each([
    ["../video.mp4", "must not have . or .."],
    ["/a/../b.mp4", "must not have . or .."],
    ["/a/./b.mp4", "must not have . or .."],
    ["/a/..", "must not have . or .."],
    ["/%2e%2e/b.mp4", "must not have . or .."],
    ["/%2E./b.mp4", "must not have . or .."],
    ["/a\\..\\b.mp4", "must use / between folders"],
    ["/a\u0000.mp4", "control characters"],
    ["/a\r\nX-Header: 1.mp4", "control characters"],
    ["/a\u007f.mp4", "control characters"],
    ["/a\ud800.mp4", "broken Unicode"],
    [" /a.mp4", "begin or end with a blank"],
    ["/a.mp4 ", "begin or end with a blank"],
    [`/${"a".repeat(978)}`, "at most 978 bytes"],
    [`/${"漢".repeat(326)}`, "at most 978 bytes"],
  ])("refuses %j: it %s", (path, problem) => {
    expect(pathProblem(path)).toContain(problem);
  });

  it("accepts only paths that a URL parser leaves as they are", () => {
    const random = seededRandom(3);
    const parts = [
      ".",
      "..",
      "%2e",
      "%2E",
      "/",
      "/",
      "\\",
      "a",
      " ",
      "?",
      "#",
      "é",
      "\u0009",
      "%",
      "\ud800",
      "漢",
    ];
    const paths = Array.from({ length: 5000 }, () =>
      Array.from({ length: 1 + random.below(8) }, () => random.pick(parts)).join(""),
    );
    const accepted = paths.filter((path) => pathProblem(path) === null);
    const pathInUrl = (path: string) => {
      const encoded = path.split("/").map(encodeURIComponent).join("/");
      return decodeURIComponent(new URL(`https://host.example/bucket/${encoded}`).pathname);
    };
    expect(accepted.length).toBeGreaterThan(100);
    expect(accepted.filter((path) => pathInUrl(path) !== `/bucket/${path}`)).toEqual([]);
  });
});

describe("utf8Length", () => {
  it.each(["", "abc", "é", "漢", "😀", "a%20b"])("counts the bytes of %j", (text) => {
    expect(utf8Length(text)).toBe(Buffer.byteLength(text));
  });
});
