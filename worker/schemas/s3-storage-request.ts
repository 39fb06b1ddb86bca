/** The keys of services `s3` and `s3other`: an S3 endpoint, a bucket in it and what is set on every object. */
import { z } from "zod";
import { checkUrl, type UrlOptions } from "../domain/allowed-url.ts";
import type { JobSecrets, StorageSpec } from "../domain/job-spec.ts";
import { redactedUrl } from "../domain/shown-value.ts";
import type { Problems } from "./problems.ts";
import { parseFields, readFields, type FieldContext, type Fields } from "./request-fields.ts";
import { storagePath } from "./storage-path.ts";

type S3Storage = Exclude<StorageSpec, { service: "coconut" }>;

export const S3_KEYS = [
  ...["credentials", "bucket", "region", "path", "force_path_style", "secure"],
  ...["acl", "storage_class", "cache_control", "expires"],
];
export const S3_OTHER_KEYS = [...S3_KEYS, "endpoint"];

/** @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html#canned-acl */
const ACLS = [
  ...["private", "public-read", "public-read-write", "authenticated-read"],
  ...["aws-exec-read", "bucket-owner-read", "bucket-owner-full-control"],
];
/** Coconut's list and GLACIER_IR, which S3 added in 2021. */
const STORAGE_CLASSES = [
  ...["STANDARD", "REDUCED_REDUNDANCY", "STANDARD_IA", "ONEZONE_IA"],
  ...["INTELLIGENT_TIERING", "GLACIER", "GLACIER_IR", "DEEP_ARCHIVE"],
];

const flag = z.boolean({ error: "must be true or false" });
const text = z.string({ error: "must be a string" });
/** Printable ASCII: what an HTTP header carries unchanged, and no way to add a header. */
const headerValue = text.regex(/^[\x20-\x7e]{1,256}$/, "must be at most 256 plain characters on one line");
const bucket = text.regex(/^[A-Za-z0-9](?!.*\.\.)[A-Za-z0-9._-]{0,253}[A-Za-z0-9]$/, "is not a bucket name");

const sharedSchema = z.object({
  bucket,
  path: storagePath,
  force_path_style: flag.default(false),
  secure: flag.optional(),
  cache_control: headerValue.optional(),
  expires: headerValue.optional(),
});
const s3Schema = sharedSchema.extend({
  region: text.regex(/^[a-z]{2,3}(-[a-z]+)+-\d+$/, "is not the code of an AWS region"),
  // Coconut's default. Files that a site links to must not turn private because of a move.
  acl: z.enum(ACLS, { error: `must be one of ${ACLS.join(", ")}` }).default("public-read"),
  storage_class: z
    .enum(STORAGE_CLASSES, { error: `must be one of ${STORAGE_CLASSES.join(", ")}` })
    .optional(),
});
const s3OtherSchema = sharedSchema.extend({
  region: text.regex(/^[A-Za-z0-9_-]{1,64}$/, "is not a region name").default("us-east-1"),
  endpoint: text,
  acl: z.enum(ACLS, { error: `must be one of ${ACLS.join(", ")}` }).optional(),
  // Other vendors have classes of their own.
  storage_class: text.regex(/^[A-Za-z0-9_-]{1,64}$/, "is not the name of a storage class").optional(),
});

/** Printable ASCII without blanks: keys travel in a header. */
const keySchema = z.string().regex(/^[\x21-\x7e]{1,1024}$/);
const credentialsSchema = z.object({ access_key_id: keySchema, secret_access_key: keySchema });

export type S3Request = { spec: S3Storage; credentials: JobSecrets["storageCredentials"] };

/** Null after a problem: `storage_*_not_valid`. */
export function parseS3Storage(
  service: S3Storage["service"],
  fields: Fields,
  context: FieldContext,
  options: UrlOptions,
  problems: Problems,
): S3Request | null {
  const credentials = parseCredentials(fields["credentials"], problems);
  const spec =
    service === "s3"
      ? parseAmazon(fields, context, problems)
      : parseOther(fields, context, options, problems);
  return spec === null || credentials === null ? null : { spec, credentials };
}

function parseAmazon(fields: Fields, context: FieldContext, problems: Problems): S3Storage | null {
  const s3 = parseFields(s3Schema, fields, context, problems);
  if (s3 === null) {
    return null;
  }
  // The China regions are a partition with a domain of its own.
  const endpoint = `https://s3.${s3.region}.amazonaws.com${s3.region.startsWith("cn-") ? ".cn" : ""}`;
  const addressing = s3.force_path_style || !isHostLabel(s3.bucket) ? "path" : "virtual-host";
  return { service: "s3", endpoint, addressing, ...common(s3), secure: s3.secure ?? true };
}

function parseOther(
  fields: Fields,
  context: FieldContext,
  options: UrlOptions,
  problems: Problems,
): S3Storage | null {
  const other = parseFields(s3OtherSchema, fields, context, problems);
  const url = other && parseEndpoint(other.endpoint, other.bucket, options, problems);
  if (other === null || url === null) {
    return null;
  }
  const isVirtualHost = !other.force_path_style && isHostLabel(other.bucket) && canPrefix(url);
  return {
    service: "s3other",
    endpoint: url.href.replace(/\/+$/, ""),
    addressing: isVirtualHost ? "virtual-host" : "path",
    ...common(other),
    // By default the scheme that the endpoint itself has: a local store rarely has a certificate.
    secure: other.secure ?? url.protocol === "https:",
  };
}

type Shared = z.output<typeof sharedSchema> & {
  region: string;
  acl?: string | undefined;
  storage_class?: string | undefined;
};

function common(storage: Shared): Pick<S3Storage, "region" | "bucket" | "path" | "objectHeaders"> {
  const headers = {
    "x-amz-acl": storage.acl,
    "x-amz-storage-class": storage.storage_class,
    "cache-control": storage.cache_control,
    expires: storage.expires,
  };
  const objectHeaders = Object.fromEntries(
    Object.entries(headers).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
  return { region: storage.region, bucket: storage.bucket, path: storage.path, objectHeaders };
}

/** One text for every mistake, Coconut's own; the values are never shown. */
function parseCredentials(
  value: unknown,
  problems: Problems,
): NonNullable<JobSecrets["storageCredentials"]> | null {
  const result = credentialsSchema.safeParse(readFields(value));
  if (!result.success) {
    problems.add("storage_credentials_not_valid", { field: "storage.credentials" });
    return null;
  }
  return { accessKeyId: result.data.access_key_id, secretAccessKey: result.data.secret_access_key };
}

function parseEndpoint(
  endpoint: string,
  bucketName: string,
  options: UrlOptions,
  problems: Problems,
): URL | null {
  const check = checkUrl(endpoint, options);
  const rule = check.ok ? endpointProblem(check.url, bucketName) : check.rule;
  if (check.ok && rule === null) {
    return check.url;
  }
  const value = redactedUrl(endpoint);
  problems.add("storage_endpoint_not_valid", { field: "storage.endpoint", value, ...(rule && { rule }) });
  return null;
}

function endpointProblem(url: URL, bucketName: string): string | null {
  if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "") {
    return "must have no user name, password, query or fragment";
  }
  // Dashboards such as R2's show it that way; the files would land one folder too deep.
  return url.pathname.split("/").findLast((segment) => segment !== "") === bucketName
    ? "must not end with the bucket's name, which is added to it"
    : null;
}

/** Without dots, because the certificate of `*.s3.amazonaws.com` covers one level. */
function isHostLabel(bucketName: string): boolean {
  return /^[a-z0-9](?:[a-z0-9-]{1,61})[a-z0-9]$/.test(bucketName);
}

/** A bucket can be put before a name only: not before an address, and not where the endpoint has a path. */
function canPrefix(url: URL): boolean {
  return url.pathname === "/" && /^[^[].*\.[a-z][^.]*$/.test(url.hostname);
}
