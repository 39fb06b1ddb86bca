/** The `storage` section that leads a job to a test's S3 server. */
import type { S3Sink } from "./s3-sink.ts";

/** Outputs land under `/out`. */
export function sinkStorage(sink: S3Sink, overrides: Record<string, unknown> = {}): Record<string, unknown> {
  const { endpoint, region, bucket, credentials } = sink.store;
  return {
    service: "s3other",
    ...{ endpoint, region, bucket, force_path_style: true, path: "/out" },
    credentials: { access_key_id: credentials.accessKeyId, secret_access_key: credentials.secretAccessKey },
    ...overrides,
  };
}
