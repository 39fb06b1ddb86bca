import { describe, expect, it } from "vitest";
import { ERRORS, errorHttpStatus, type ErrorCode } from "../../../../worker/domain/error-catalogue.ts";
import { OUTPUT_REFUSALS } from "../../../support/refusals/output-refusals.ts";
import { SECTION_REFUSALS } from "../../../support/refusals/section-refusals.ts";
import { STREAM_REFUSALS } from "../../../support/refusals/stream-refusals.ts";
import { aBody, refusalOfBody } from "../../../support/request-bodies.ts";

const ROWS = [...SECTION_REFUSALS, ...OUTPUT_REFUSALS, ...STREAM_REFUSALS];

describe("ERRORS", () => {
  it.each(ROWS)("answers %s for %s: %j", (code, field, overrides, text) => {
    const refusal = refusalOfBody(aBody(overrides));
    expect({ code: refusal.code, field: refusal.path }).toEqual({ code, field });
    expect(refusal.message).toContain(text ?? "");
    expect(refusal.httpStatus).toBe(400);
  });

  it("never shows a credential, a query, a key or a nested value", () => {
    for (const [, , overrides] of ROWS) {
      expect(refusalOfBody(aBody(overrides)).message).not.toMatch(/canary|0{8}/);
    }
  });

  it("keeps every message short, on one line and ended like a sentence", () => {
    const messages = ROWS.map(([, , overrides]) => refusalOfBody(aBody(overrides)).message);
    expect(messages.filter((message) => message.length > 420 || !/^[^\r\n]*[.?]$/.test(message))).toEqual([]);
  });

  it("covers every code that a request body can get", () => {
    const elsewhere: ErrorCode[] = [
      ...([
        "authentication_failed",
        "not_found",
        "method_not_allowed",
        "body_too_large",
        "json_not_valid",
      ] as const),
      ...(["internal_error", "service_unavailable"] as const),
    ];
    const covered = new Set<string>([...ROWS.map(([code]) => code), ...elsewhere]);
    expect(Object.keys(ERRORS).filter((code) => !covered.has(code))).toEqual([]);
  });
});

describe("errorHttpStatus", () => {
  it.each<[ErrorCode, number]>([
    ["authentication_failed", 401],
    ["not_found", 404],
    ["method_not_allowed", 405],
    ["body_too_large", 413],
    ["json_not_valid", 400],
    ["internal_error", 500],
    ["service_unavailable", 503],
  ])("answers %s with %i", (code, httpStatus) => {
    expect(errorHttpStatus(code)).toBe(httpStatus);
  });
});
