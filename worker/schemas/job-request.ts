/**
 * The body of `POST /v2/jobs`: validated once, here, into what the rest of the service works with. Sections are
 * checked in Coconut's order, so that a request with several mistakes gets the error its author knows. Unknown
 * keys beside the sections and unknown settings are ignored, as Coconut does; inside sections the section's own
 * file decides.
 */
import { z } from "zod";
import type { UrlOptions } from "../domain/allowed-url.ts";
import { AppError } from "../domain/app-error.ts";
import type { JobSecrets, JobSpec } from "../domain/job-spec.ts";
import { NO_QUIRKS, type Quirks } from "../domain/quirks.ts";
import { parseInput } from "./input-request.ts";
import { parseNotification } from "./notification-request.ts";
import type { OutputsContext } from "./output-context.ts";
import { parseOutputs } from "./outputs-request.ts";
import { newProblems, type Problems } from "./problems.ts";
import { parseFields, readFields } from "./request-fields.ts";
import { parseStorage } from "./storage-request.ts";

const settingsSchema = z.object({ ultrafast: z.boolean({ error: "must be true or false" }).default(false) });

export type RequestOptions = UrlOptions & Pick<OutputsContext, "randomHex"> & { quirks?: Quirks };

/**
 * Splits a request into the job and its secrets. The job holds no credential and no complete URL.
 * @throws AppError with the code, the field and the rule of the first mistake, and how many there are.
 */
export function parseJobRequest(
  body: unknown,
  options: RequestOptions,
): { spec: JobSpec; secrets: JobSecrets } {
  const sections = readFields(body);
  if (sections === null || Array.isArray(body)) {
    throw new AppError("json_not_valid", { rule: "must be a JSON object" });
  }
  const problems = newProblems();
  const collected = { watermarkUrls: [], subtitleUrls: [], streamKeys: [] };
  const input = parseInput(sections["input"], options, problems);
  const storage = parseStorage(sections["storage"], options, problems);
  const notification = parseNotification(sections["notification"], options, problems);
  const outputs = parseOutputs(sections["outputs"], {
    problems,
    options,
    quirks: options.quirks ?? NO_QUIRKS,
    randomHex: options.randomHex,
    storagePath: storage?.spec.path ?? "/",
    ...collected,
  });
  const settings = parseSettings(sections["settings"], problems);
  if (
    input === null ||
    storage === null ||
    notification === null ||
    outputs === null ||
    settings === null ||
    problems.count() > 0
  ) {
    throw problems.refusal();
  }
  const spec: JobSpec = {
    ultrafast: settings.ultrafast,
    input: { displayUrl: input.displayUrl },
    storage: storage.spec,
    notification: { events: notification.events, metadata: notification.metadata },
    outputs,
  };
  const secrets: JobSecrets = {
    inputUrl: input.url,
    notificationUrl: notification.url,
    ...collected,
    storageCredentials: storage.credentials,
  };
  return { spec, secrets };
}

function parseSettings(value: unknown, problems: Problems): z.output<typeof settingsSchema> | null {
  const fields = value === undefined ? {} : readFields(value);
  if (fields === null) {
    problems.add("settings_not_valid", { field: "settings" });
    return null;
  }
  return parseFields(settingsSchema, fields, { field: "settings", code: "settings_not_valid" }, problems);
}
