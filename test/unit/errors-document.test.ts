import { describe, expect, it } from "vitest";
import { FAILURES, FAILURE_CODES, failureMessage } from "../../encoder/contract/failure-catalogue.ts";
import { AppError } from "../../worker/domain/app-error.ts";
import { ERROR_CODES } from "../../worker/domain/error-catalogue.ts";

const RETRIES = {
  never: "no",
  again: "yes",
  once: "once",
  elsewhere: "on another encoder",
};

function errorsDocument(): string {
  const api = ERROR_CODES.map((code) => {
    const { httpStatus, message } = new AppError(code, { field: "…" });
    return `| \`${code}\` | ${httpStatus} | ${message} |`;
  });
  const failures = FAILURE_CODES.map(
    (code) => `| \`${code}\` | ${RETRIES[FAILURES[code].retry]} | ${failureMessage({ code })} |`,
  );
  return [
    "# Errors",
    "",
    "Made from the two catalogues in the code; codes never change their meaning.",
    "",
    "## Answers of the API",
    "",
    '`{"message": …, "error_code": …, "status": "error"}`. Messages name the field, the value and the rule where there is one.',
    "",
    "| `error_code` | status | message |",
    "|---|---|---|",
    ...api,
    "",
    "## Failures of a job",
    "",
    "`error` and `error_code` of an input or an output.",
    "",
    "| `error_code` | tried again | `error` |",
    "|---|---|---|",
    ...failures,
    "",
  ].join("\n");
}

describe("ERRORS.md", () => {
  it("lists every code of both catalogues as they are", async () => {
    await expect(errorsDocument()).toMatchFileSnapshot("../../ERRORS.md");
  });
});
