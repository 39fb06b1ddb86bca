/** The `input` section: a URL. Unknown keys are ignored, because clients reuse their storage hash here. */
import { z } from "zod";
import { checkUrl, type UrlOptions } from "../domain/allowed-url.ts";
import { redactedUrl } from "../domain/shown-value.ts";
import type { Problems } from "./problems.ts";
import { parseFields, readFields } from "./request-fields.ts";

const PENDING_SERVICES = ["s3", "gcs", "dospaces", "linode", "wasabi", "s3other"];

const urlSchema = z.object({ url: z.string({ error: "must be a string" }) });

export type InputRequest = {
  /** The URL to fetch, without a fragment. A secret: it may be presigned or hold a password. */
  url: string;
  /** The same without user name, password and query. */
  displayUrl: string;
};

/** Null after a problem: `input_not_valid`, `input_service_not_valid`, `input_url_not_valid`. */
export function parseInput(value: unknown, options: UrlOptions, problems: Problems): InputRequest | null {
  const fields = readFields(value);
  if (fields === null) {
    problems.add("input_not_valid", { field: "input" });
    return null;
  }
  const { service, url } = fields;
  // With a service and a URL it would be a guess which one is meant.
  if (service !== undefined) {
    const isPending = typeof service === "string" && PENDING_SERVICES.includes(service);
    const rule = isPending ? "is not supported yet" : "is not a known input service";
    problems.add("input_service_not_valid", { field: "input.service", value: service, rule });
    return null;
  }
  const input = parseFields(urlSchema, { url }, { field: "input", code: "input_url_not_valid" }, problems);
  if (input === null) {
    return null;
  }
  const check = checkUrl(input.url, options);
  if (!check.ok) {
    const value = redactedUrl(input.url);
    problems.add("input_url_not_valid", { field: "input.url", value, rule: check.rule });
    return null;
  }
  check.url.hash = "";
  return { url: check.url.href, displayUrl: `${check.url.origin}${check.url.pathname}` };
}
