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
import { parseInput } from "./input-request.ts";
import { parseNotification } from "./notification-request.ts";
import { parseOutputs } from "./outputs-request.ts";
import { parseFields, readFields } from "./request-fields.ts";
import { parseStorage } from "./storage-request.ts";

const settingsSchema = z.object({ ultrafast: z.boolean({ error: "must be true or false" }).default(false) });

/**
 * Splits a request into the job and its secrets. The job holds no credential and no complete URL.
 * @throws AppError with the code, the field and the rule of the first mistake.
 */
export function parseJobRequest(body: unknown, options: UrlOptions): { spec: JobSpec; secrets: JobSecrets } {
  const sections = readFields(body);
  if (sections === null || Array.isArray(body)) {
    throw new AppError("json_not_valid", { rule: "must be a JSON object" });
  }
  const input = parseInput(sections["input"], options);
  const storage = parseStorage(sections["storage"], options);
  const notification = parseNotification(sections["notification"], options);
  const outputs = parseOutputs(sections["outputs"], storage.spec.path);
  return {
    spec: {
      ultrafast: parseSettings(sections["settings"]).ultrafast,
      input: { displayUrl: input.displayUrl },
      storage: storage.spec,
      notification: { events: notification.events, metadata: notification.metadata },
      outputs,
    },
    secrets: {
      inputUrl: input.url,
      notificationUrl: notification.url,
      storageCredentials: storage.credentials,
    },
  };
}

function parseSettings(value: unknown): z.output<typeof settingsSchema> {
  const fields = value === undefined ? {} : readFields(value);
  if (fields === null) {
    throw new AppError("settings_not_valid", { field: "settings" });
  }
  return parseFields(settingsSchema, fields, { field: "settings", code: "settings_not_valid" });
}
