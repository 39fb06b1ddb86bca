/**
 * Everything that the API says when it refuses: one row per `error_code`. Clients know codes, not texts, but
 * people read the texts: they name the field, the value, the rule and what to do. Texts that Coconut is known to
 * send are kept word for word.
 */
import { shownValue } from "./shown-value.ts";

/** What a message is made of; each row uses what it needs. */
export type ErrorParams = {
  /** Where in the request, such as `outputs.mp4:720p.path`. */
  field?: string;
  /** The refused value. Never a credential; a URL only as `redactedUrl` gives it. */
  value?: unknown;
  /** The broken rule as a sentence without a subject, such as `must be a whole number of at least 1`. */
  rule?: string;
  /** What to do about it, a full sentence; the row's hint stands in for it. */
  advice?: string;
};

type ErrorRow = {
  httpStatus: number;
  message: (params: ErrorParams, hint: string | null) => string;
  /** What a caller can do about it in general; null where there is nothing to say. */
  hint: string | null;
};

/** A refused field. Without a rule the whole section is missing or no object: Coconut's text for that is known. */
function fieldRow(section: string | null, hint: string): ErrorRow {
  return {
    httpStatus: 400,
    hint,
    message: (params, rowHint) =>
      params.rule === undefined && section !== null
        ? `The job '${section}' is not a valid object.`
        : fieldMessage(params, rowHint),
  };
}

function fieldMessage({ field, value, rule, advice }: ErrorParams, hint: string | null): string {
  const subject = [field ?? "The request", ...(value === undefined ? [] : [shownValue(value)])].join(" ");
  return [`${subject} ${rule ?? "is not valid"}.`, advice ?? hint].filter((part) => part !== null).join(" ");
}

const fixed = (httpStatus: number, message: string, hint: string | null = null): ErrorRow => ({
  httpStatus,
  hint,
  message: () => message,
});

export const ERRORS = {
  authentication_failed: fixed(
    401,
    "Authentication failed, check your API key.",
    "Send the API key as the user name of HTTP Basic authentication, with an empty password.",
  ),
  not_found: fixed(404, "There is nothing at this address."),
  method_not_allowed: fixed(405, "This address does not accept the request's method."),
  body_too_large: fixed(413, "The request body is larger than 1 MB.", "Split the job into several."),
  json_not_valid: {
    httpStatus: 400,
    message: ({ rule }) => `The request body ${rule ?? "is not valid JSON"}.`,
    hint: "Send one JSON object.",
  },
  internal_error: fixed(500, "The service made an error. The request can be sent again."),
  service_unavailable: fixed(
    503,
    "The service cannot take the request at the moment. Send it again in a minute.",
  ),

  settings_not_valid: fieldRow("settings", 'Write "settings": {"ultrafast": true} or leave it out.'),

  input_not_valid: fieldRow("input", 'Write "input": {"url": "https://..."}.'),
  input_url_not_valid: fieldRow(null, "Give the http or https URL of a media file."),
  input_service_not_valid: fieldRow(
    null,
    "Give a URL in 'input.url' instead; a presigned one works for private files.",
  ),

  storage_not_valid: fieldRow(
    "storage",
    "See the storage section of the API reference for the keys of each service.",
  ),
  storage_service_not_valid: fieldRow(null, "Use coconut, s3 or s3other."),
  storage_credentials_not_valid: fixed(
    400,
    "The storage credentials are not correct, you must define your 'access_key_id' and 'secret_access_key'.",
  ),
  storage_bucket_not_valid: fieldRow(null, "Give the bucket's bare name, without scheme, host and path."),
  storage_region_not_valid: fieldRow(null, "Give the code of the bucket's region, such as us-east-1."),
  storage_endpoint_not_valid: fieldRow(null, "Give the S3 endpoint's URL, such as https://s3.example.com."),
  storage_url_not_valid: fieldRow(null, "Use service s3 or s3other."),
  storage_path_not_valid: fieldRow(null, "Give a plain prefix such as /videos."),
  storage_acl_not_valid: fieldRow(null, "Leave it out to use the bucket's own rules."),
  storage_class_not_valid: fieldRow(null, "Leave it out to use the bucket's default class."),
  storage_cache_control_not_valid: fieldRow(null, "Give a Cache-Control header value such as max-age=86400."),
  storage_expires_not_valid: fieldRow(
    null,
    "Give an Expires header value such as Thu, 31 Dec 2037 23:55:55 GMT.",
  ),

  notification_not_valid: fieldRow(
    "notification",
    'Write "notification": {"type": "http", "url": "https://..."}.',
  ),
  notification_type_not_valid: fieldRow(null, "Use http."),
  notification_url_not_valid: fieldRow(null, "Give the http or https URL that notifications are posted to."),
  notification_params_not_valid: fieldRow(null, "Give an object of strings, numbers and booleans."),

  outputs_not_valid: fieldRow("outputs", 'Write "outputs": {"mp4:720p": {"path": "/video.mp4"}}.'),
  outputs_out_of_range: fieldRow(null, "Split the job into several."),
  params_out_of_range: fieldRow(null, "Remove the parameters that are not needed."),
  output_not_valid: fieldRow(
    null,
    'Write an object such as {"path": "/video.mp4"}, or a list of such objects.',
  ),
  output_must_have_one_parameter: fieldRow(null, 'Give at least a path, such as {"path": "/video.mp4"}.'),
  output_key_not_valid: fieldRow(null, "Leave it out to have one made from the format."),
  output_param_not_valid: fieldRow(null, "Remove or correct the parameter."),
  output_format_not_valid: fieldRow(
    null,
    "A format is container:video:audio:options, such as mp4:720p_2000k:96k or mp4:480p::quality=4; jpg:640x for images.",
  ),
  output_filename_not_valid: fieldRow(null, "Change the file name or the format."),
  output_path_not_valid: fieldRow(null, "Give a path such as /videos/video.mp4."),
  output_condition_not_valid: fieldRow(
    null,
    "Write it like {{ input.width }} >= 1280 and {{ input.duration }} < 60.",
  ),
  output_variants_not_valid: fieldRow(
    null,
    'Give a list of mp4 formats such as ["mp4:480p::quality=4"], or leave it out for the default ladder.',
  ),
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof ERRORS;

// SAFETY: the keys of a literal object are exactly its type's keys.
export const ERROR_CODES = Object.keys(ERRORS) as ErrorCode[];

/** The public sentence. */
export function errorMessage(code: ErrorCode, params: ErrorParams): string {
  const row: ErrorRow = ERRORS[code];
  return row.message(params, row.hint);
}

/** The status of the response that carries this error. */
export function errorHttpStatus(code: ErrorCode): number {
  return ERRORS[code].httpStatus;
}
