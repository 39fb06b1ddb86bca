/**
 * Where an output lies: its key in the bucket and the address that customers are told. The rules for paths are
 * checked at the door, in object-path.ts; here they are only joined.
 */
import type { StorageSpec } from "./job-spec.ts";

/**
 * The key of `outputPath` below `storagePath`: joined with exactly one slash, without a leading one; everything
 * else stays as it was given, double slashes included, because Coconut concatenates literally.
 */
export function objectKey(storagePath: string, outputPath: string): string {
  return `${storagePath.replace(/\/+$/, "")}/${outputPath.replace(/^\/+/, "")}`.replace(/^\/+/, "");
}

/**
 * The address of an object, percent-encoded. `hostedBaseUrl` is the address of the job's folder in Copra's own
 * storage, with or without a trailing slash; only service `coconut` uses it.
 */
export function publicUrl(storage: StorageSpec, key: string, hostedBaseUrl: string): string {
  const path = encodeKey(key);
  if (storage.service === "coconut") {
    return `${hostedBaseUrl.replace(/\/+$/, "")}/${path}`;
  }
  const scheme = storage.secure ? "https" : "http";
  const host = (storage.service === "s3" ? shortS3Endpoint(storage) : storage.endpoint).replace(
    /^[a-z]+:\/\//,
    "",
  );
  return storage.addressing === "virtual-host"
    ? `${scheme}://${storage.bucket}.${host}/${path}`
    : `${scheme}://${host}/${storage.bucket}/${path}`;
}

/**
 * Coconut reports `{bucket}.s3.amazonaws.com`. That host answers for us-east-1 only without a redirect, and not
 * at all for regions opened after March 2019, so the other regions are named.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
 */
function shortS3Endpoint(storage: { region: string; endpoint: string }): string {
  return storage.region === "us-east-1" ? "https://s3.amazonaws.com" : storage.endpoint;
}

function encodeKey(key: string): string {
  return key.split("/").map(encodeURIComponent).join("/");
}
