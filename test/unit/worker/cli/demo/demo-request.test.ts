import { describe, expect, it } from "vitest";
import { UsageError } from "../../../../../worker/cli/cli-error.ts";
import { parseDemoRequest } from "../../../../../worker/cli/demo/demo-request.ts";

const toAbsolute = (path: string) => `/here/${path}`;

describe("parseDemoRequest", () => {
  it("makes a test video and chooses the port itself unless told otherwise", () => {
    expect(parseDemoRequest([], toAbsolute)).toEqual({ source: null, port: null, keep: false });
  });

  it("takes a file relative to the person, and a URL as it is", () => {
    expect(parseDemoRequest(["film.mp4", "--keep"], toAbsolute)).toEqual({
      source: "/here/film.mp4",
      port: null,
      keep: true,
    });
    expect(parseDemoRequest(["HTTPS://h/a.mp4?x=1", "--port", "9000"], toAbsolute)).toEqual({
      source: "HTTPS://h/a.mp4?x=1",
      port: 9_000,
      keep: false,
    });
  });

  it("refuses a second source", () => {
    expect(() => parseDemoRequest(["a.mp4", "b.mp4"], toAbsolute)).toThrow(
      new UsageError('"b.mp4" is one word too many.'),
    );
  });
});
