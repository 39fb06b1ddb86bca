/** The `input` section: a URL. Unknown keys are ignored, because clients reuse their storage hash here. */
import { z } from "zod";
import { checkUrl, type UrlOptions } from "../domain/allowed-url.ts";
import { AppError } from "../domain/app-error.ts";
import { redactedUrl } from "../domain/shown-value.ts";
import { parseFields, readFields } from "./request-fields.ts";

const PENDING_SERVICES = ["s3", "gcs", "dospaces", "linode", "wasabi", "s3other"];

const inputSchema = z.object({
  // Checked first: with a service and a URL it would be a guess which one is meant.
  service: z
    .undefined({
      error: (issue) =>
        typeof issue.input === "string" && PENDING_SERVICES.includes(issue.input)
          ? "is not supported yet"
          : "is not a known input service",
    })
    .optional(),
  url: z.string({ error: "must be a string" }),
});

export type InputRequest = {
  /** The URL to fetch, without a fragment. A secret: it may be presigned or hold a password. */
  url: string;
  /** The same without user name, password and query. */
  displayUrl: string;
};

/** @throws AppError `input_not_valid`, `input_service_not_valid`, `input_url_not_valid` */
export function parseInput(value: unknown, options: UrlOptions): InputRequest {
  const fields = readFields(value);
  if (fields === null) {
    throw new AppError("input_not_valid", { field: "input" });
  }
  const input = parseFields(inputSchema, fields, {
    field: "input",
    code: "input_url_not_valid",
    codes: { service: "input_service_not_valid" },
  });
  const check = checkUrl(input.url, options);
  if (!check.ok) {
    const value = redactedUrl(input.url);
    throw new AppError("input_url_not_valid", { field: "input.url", value, rule: check.rule });
  }
  check.url.hash = "";
  return { url: check.url.href, displayUrl: `${check.url.origin}${check.url.pathname}` };
}
