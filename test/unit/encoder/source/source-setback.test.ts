import { describe, expect, it } from "vitest";
import { judgeSourceStatus, judgeTransportError } from "../../../../encoder/source/source-setback.ts";

describe("judgeSourceStatus", () => {
  it("takes 200, and no part of a file where all of it was asked for", () => {
    expect(judgeSourceStatus(200)).toBeNull();
    expect(judgeSourceStatus(206)?.failure.code).toBe("source_http_error");
  });

  it.each([
    [401, "source_denied", false],
    [403, "source_denied", false],
    [404, "source_not_found", false],
    [410, "source_not_found", false],
    [400, "source_http_error", false],
    [304, "source_http_error", false],
    [418, "source_http_error", false],
    [408, "source_server_error", true],
    [425, "source_server_error", true],
    [429, "source_server_error", true],
    [500, "source_server_error", true],
    [503, "source_server_error", true],
  ])("judges %i as %s, another try: %s", (httpStatus, code, mayRetry) => {
    expect(judgeSourceStatus(httpStatus)).toEqual({ failure: { code, httpStatus }, mayRetry });
  });

  it("takes a status that never has a body as an empty file", () => {
    expect(judgeSourceStatus(204)).toEqual({ failure: { code: "source_empty" }, mayRetry: false });
  });
});

describe("judgeTransportError", () => {
  const coded = (code: string): Error => Object.assign(new Error(code), { code });

  it("calls a server unreachable until its headers have come", () => {
    for (const code of ["ENOTFOUND", "ECONNREFUSED", "UND_ERR_CONNECT_TIMEOUT", "UND_ERR_HEADERS_TIMEOUT"]) {
      expect(judgeTransportError(coded(code), "headers")).toEqual({
        failure: { code: "source_unreachable" },
        mayRetry: true,
      });
    }
  });

  it("tells a stalled body from a broken one", () => {
    expect(judgeTransportError(coded("UND_ERR_BODY_TIMEOUT"), "body").failure.code).toBe("source_too_slow");
    expect(judgeTransportError(coded("ECONNRESET"), "body").failure.code).toBe("source_interrupted");
  });

  it("never tries a forbidden address again", () => {
    const wrapped = new Error("fetch failed", { cause: coded("COPRA_ADDRESS_FORBIDDEN") });
    expect(judgeTransportError(wrapped, "headers")).toEqual({
      failure: { code: "source_address_forbidden" },
      mayRetry: false,
    });
  });
});
