/**
 * The `storage` section: which bucket outputs go to and how they are stored there.
 *
 * A key that the chosen service does not use is refused, because it says that the files should lie elsewhere or
 * be kept differently than they would be: an `endpoint` beside service `s3`, an `acl` beside `coconut`, a
 * misspelt `cache_controll`. Accepted without effect are only `key` and `metadata`, which belong to an input
 * that shares the hash, and keys that are null or "".
 */
import { z } from "zod";
import type { UrlOptions } from "../domain/allowed-url.ts";
import type { JobSecrets, StorageSpec } from "../domain/job-spec.ts";
import { didYouMean } from "../domain/name-list.ts";
import type { Problems } from "./problems.ts";
import { fieldPath, parseFields, readFields, type FieldContext, type Fields } from "./request-fields.ts";
import { parseS3Storage, S3_KEYS, S3_OTHER_KEYS } from "./s3-storage-request.ts";
import { storagePath } from "./storage-path.ts";

const PENDING_SERVICES: readonly string[] = [
  ...["gcs", "dospaces", "linode", "wasabi", "backblaze", "rackspace", "azure", "ipfs_pinata", "ipfs_infura"],
];
const KEYS = { coconut: ["path"], s3: S3_KEYS, s3other: S3_OTHER_KEYS } as const;
const KEYS_WITHOUT_EFFECT = ["service", "key", "metadata"];
const KEYS_OF_SERVICES: readonly string[] = [
  ...S3_OTHER_KEYS,
  "url",
  "container",
  "bucket_id",
  "gateway_dns",
];

const serviceSchema = z.object({
  service: z.enum(["coconut", "s3", "s3other"], {
    error: (issue) =>
      typeof issue.input === "string" && PENDING_SERVICES.includes(issue.input)
        ? "is not supported yet; s3other with an 'endpoint' works for everything that speaks S3"
        : "is not a known storage service",
  }),
});

const coconutSchema = z.object({ path: storagePath });

const CONTEXT: FieldContext = {
  field: "storage",
  code: "storage_not_valid",
  codes: {
    service: "storage_service_not_valid",
    path: "storage_path_not_valid",
    bucket: "storage_bucket_not_valid",
    region: "storage_region_not_valid",
    endpoint: "storage_endpoint_not_valid",
    acl: "storage_acl_not_valid",
    storage_class: "storage_class_not_valid",
    cache_control: "storage_cache_control_not_valid",
    expires: "storage_expires_not_valid",
  },
};

export type StorageRequest = { spec: StorageSpec; credentials: JobSecrets["storageCredentials"] };

/** Null after a problem: `storage_not_valid`, `storage_*_not_valid`. */
export function parseStorage(value: unknown, options: UrlOptions, problems: Problems): StorageRequest | null {
  const given = readFields(value);
  if (given === null) {
    problems.add("storage_not_valid", { field: "storage" });
    return null;
  }
  // Settings read from unset environment variables arrive as "".
  const fields = Object.fromEntries(Object.entries(given).filter(([, field]) => field !== ""));
  if (fields["service"] === undefined && fields["url"] !== undefined) {
    problems.add("storage_url_not_valid", { field: "storage.url", rule: "is not supported yet" });
    return null;
  }
  const named = parseFields(serviceSchema, fields, CONTEXT, problems);
  if (named === null) {
    return null;
  }
  const { service } = named;
  const storage =
    service === "coconut"
      ? parseCoconutStorage(fields, problems)
      : parseS3Storage(service, fields, CONTEXT, options, problems);
  refuseOtherKeys(service, fields, problems);
  return storage;
}

function parseCoconutStorage(fields: Fields, problems: Problems): StorageRequest | null {
  const storage = parseFields(coconutSchema, fields, CONTEXT, problems);
  return storage && { spec: { service: "coconut", path: storage.path }, credentials: null };
}

function refuseOtherKeys(service: keyof typeof KEYS, fields: Fields, problems: Problems): void {
  const used: readonly string[] = [...KEYS[service], ...KEYS_WITHOUT_EFFECT];
  for (const other of Object.keys(fields).filter((name) => !used.includes(name))) {
    const isOfAnother = KEYS_OF_SERVICES.includes(other);
    const uses = `Service '${service}' uses: ${KEYS[service].join(", ")}.`;
    problems.add("storage_not_valid", {
      field: fieldPath("storage", [other]),
      rule: isOfAnother ? `has no meaning for service '${service}'` : "is not a known key",
      advice: (isOfAnother ? undefined : didYouMean(other, KEYS[service])) ?? `Remove it. ${uses}`,
    });
  }
}
