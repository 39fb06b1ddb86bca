/**
 * The `notification` section: where webhooks go and how much they say. Keys that only type `sns` uses are
 * accepted beside type `http`, where they mean nothing; keys that nobody documents are refused.
 */
import { z } from "zod";
import { checkUrl, type UrlOptions } from "../domain/allowed-url.ts";
import { didYouMean } from "../domain/name-list.ts";
import { redactedUrl } from "../domain/shown-value.ts";
import type { Problems } from "./problems.ts";
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
});

const paramSchema = z.union([z.string(), z.number(), z.boolean()]);

export type NotificationRequest = {
  /** Complete delivery URL, `params` in its query. A secret: it may hold tokens. */
  url: string;
  events: boolean;
  metadata: boolean;
};

/** Null after a problem: `notification_not_valid`, `notification_{type,url,params}_not_valid`. */
export function parseNotification(
  value: unknown,
  options: UrlOptions,
  problems: Problems,
): NotificationRequest | null {
  const fields = readFields(value);
  if (fields === null) {
    problems.add("notification_not_valid", { field: "notification" });
    return null;
  }
  const context = {
    field: "notification",
    code: "notification_not_valid",
    codes: { type: "notification_type_not_valid", url: "notification_url_not_valid" },
  } as const;
  const notification = parseFields(notificationSchema, fields, context, problems);
  refuseUnknownKeys(Object.keys(fields), problems);
  const query = queryOf(fields["params"], problems);
  const url = notification && allowedUrl(notification.url, options, problems);
  if (notification === null || url === null || query === null) {
    return null;
  }
  url.hash = "";
  // Added as text: the URL's own query may be signed and must keep its exact encoding.
  url.search = [url.search.slice(1), ...query].filter((part) => part !== "").join("&");
  const delivery = allowedUrl(url.href, options, problems, "with notification.params ");
  const { events, metadata } = notification;
  return delivery === null ? null : { url: delivery.href, events, metadata };
}

function allowedUrl(text: string, options: UrlOptions, problems: Problems, circumstance = ""): URL | null {
  const field = "notification.url";
  const value = redactedUrl(text);
  const check = checkUrl(text, options);
  if (!check.ok) {
    problems.add("notification_url_not_valid", { field, value, rule: `${circumstance}${check.rule}` });
    return null;
  }
  // The Workers runtime drops them from a fetch without a word, and the receiver would answer 401 for three days.
  if (check.url.username !== "" || check.url.password !== "") {
    problems.add("notification_url_not_valid", {
      field,
      value,
      rule: "holds a user name or password, which is not supported yet",
      advice: "Put a token into its query or into notification.params.",
    });
    return null;
  }
  return check.url;
}

function queryOf(params: unknown, problems: Problems): string[] | null {
  const before = problems.count();
  const fields = params === undefined || params === null ? {} : readFields(params);
  if (fields === null) {
    const rule = "must be an object";
    problems.add("notification_params_not_valid", { field: "notification.params", value: params, rule });
    return null;
  }
  const query = Object.entries(fields).map(([name, value]) => {
    const param = paramSchema.safeParse(value);
    if (!param.success || !`${name}${param.data}`.isWellFormed()) {
      // The value is not quoted: params carry tokens.
      const field = fieldPath("notification.params", [name]);
      const rule = "must be a string, a number or a boolean";
      problems.add("notification_params_not_valid", { field, rule });
      return "";
    }
    return `${encodeURIComponent(name)}=${encodeURIComponent(param.data)}`;
  });
  return problems.count() === before ? query : null;
}

function refuseUnknownKeys(names: readonly string[], problems: Problems): void {
  for (const name of names.filter((candidate) => !KNOWN_KEYS.includes(candidate))) {
    problems.add("notification_not_valid", {
      field: fieldPath("notification", [name]),
      rule: "is not a known key",
      advice: didYouMean(name, KNOWN_KEYS) ?? "Remove it. Known: type, url, params, metadata, events.",
    });
  }
}
