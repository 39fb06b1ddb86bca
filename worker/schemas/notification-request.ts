/**
 * The `notification` section: where webhooks go and how much they say. Keys that only type `sns` uses are
 * accepted beside type `http`, where they mean nothing; keys that nobody documents are refused.
 */
import { z } from "zod";
import { checkUrl, type UrlOptions } from "../domain/allowed-url.ts";
import { AppError } from "../domain/app-error.ts";
import { redactedUrl } from "../domain/shown-value.ts";
import { fieldPath, parseFields, readFields } from "./request-fields.ts";

const KNOWN_KEYS = ["type", "url", "params", "metadata", "events", "region", "topic_arn", "credentials"];

const flag = z.boolean({ error: "must be true or false" }).default(false);

const notificationSchema = z.object({
  type: z
    .literal("http", {
      error: (issue) => (issue.input === "sns" ? "is not supported yet" : "is not a known notification type"),
    })
    .default("http"),
  url: z.string({ error: "must be a string" }),
  events: flag,
  metadata: flag,
  params: z.unknown().optional(),
});

const paramSchema = z.union([z.string(), z.number(), z.boolean()]);

export type NotificationRequest = {
  /** Complete delivery URL, `params` in its query. A secret: it may hold tokens. */
  url: string;
  events: boolean;
  metadata: boolean;
};

/** @throws AppError `notification_not_valid`, `notification_{type,url,params}_not_valid` */
export function parseNotification(value: unknown, options: UrlOptions): NotificationRequest {
  const fields = readFields(value);
  if (fields === null) {
    throw new AppError("notification_not_valid", { field: "notification" });
  }
  const { url, events, metadata, params } = parseFields(notificationSchema, fields, {
    field: "notification",
    code: "notification_not_valid",
    codes: { type: "notification_type_not_valid", url: "notification_url_not_valid" },
  });
  refuseUnknownKeys(Object.keys(fields));
  const deliveryUrl = allowedUrl(url, options);
  deliveryUrl.hash = "";
  // Added as text: the URL's own query may be signed and must keep its exact encoding.
  deliveryUrl.search = [deliveryUrl.search.slice(1), ...queryOf(params)]
    .filter((part) => part !== "")
    .join("&");
  return { url: allowedUrl(deliveryUrl.href, options, "with notification.params ").href, events, metadata };
}

function allowedUrl(text: string, options: UrlOptions, circumstance = ""): URL {
  const check = checkUrl(text, options);
  if (!check.ok) {
    const rule = `${circumstance}${check.rule}`;
    throw new AppError("notification_url_not_valid", {
      field: "notification.url",
      value: redactedUrl(text),
      rule,
    });
  }
  // The Workers runtime drops them from a fetch without a word, and the receiver would answer 401 for three days.
  if (check.url.username !== "" || check.url.password !== "") {
    throw new AppError("notification_url_not_valid", {
      field: "notification.url",
      value: redactedUrl(text),
      rule: "holds a user name or password, which is not supported yet",
      advice: "Put a token into its query or into notification.params.",
    });
  }
  return check.url;
}

function queryOf(params: unknown): string[] {
  const fields = params === undefined ? {} : readFields(params);
  if (fields === null) {
    const rule = "must be an object";
    throw new AppError("notification_params_not_valid", {
      field: "notification.params",
      value: params,
      rule,
    });
  }
  return Object.entries(fields).map(([name, value]) => {
    const param = paramSchema.safeParse(value);
    if (!param.success || !`${name}${param.data}`.isWellFormed()) {
      // The value is not quoted: params carry tokens.
      const field = fieldPath("notification.params", [name]);
      throw new AppError("notification_params_not_valid", {
        field,
        rule: "must be a string, a number or a boolean",
      });
    }
    return `${encodeURIComponent(name)}=${encodeURIComponent(param.data)}`;
  });
}

function refuseUnknownKeys(names: readonly string[]): void {
  const unknown = names.find((name) => !KNOWN_KEYS.includes(name));
  if (unknown !== undefined) {
    throw new AppError("notification_not_valid", {
      field: fieldPath("notification", [unknown]),
      rule: "is not a known key",
      advice: "Remove it. Known: type, url, params, metadata, events.",
    });
  }
}
