import { describe, expect, it } from "vitest";
import { FAILURES, FAILURE_CODES, failureMessage } from "../../encoder/contract/failure-catalogue.ts";
import { WARNING_CODES, warningMessage } from "../../encoder/contract/warning-catalogue.ts";
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
  const warnings = WARNING_CODES.map((code) => `| \`${code}\` | ${warningMessage({ code })} |`);
  return [
    "# Errors",
    "",
    "Made from the three catalogues in the code; codes never change their meaning.",
    "",
    "## Answers of the API",
    "",
    '`{"message": …, "error_code": …, "status": "error"}`. Messages name the field, the value and the rule where there is one,',
    "and the nearest valid name for one that is misspelt. With several mistakes the first is told, in the order input, storage,",
    'notification, outputs, settings, and they are counted: "This is the first of 4 problems found."',
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
    "## Warnings",
    "",
    "`warnings` in the metadata of an input or an output that was made all the same.",
    "",
    "| code | message |",
    "|---|---|",
    ...warnings,
    "",
  ].join("\n");
}

describe("ERRORS.md", () => {
  it("lists every code of the catalogues as they are", async () => {
    await expect(errorsDocument()).toMatchFileSnapshot("../../ERRORS.md");
  });
});
