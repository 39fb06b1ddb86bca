/**
 * How a job looks from outside: the one place that names Coconut's response fields and their order
 * (spec: `id created_at completed_at status progress input outputs`).
 */
import { failureMessage, type Failure } from "../../encoder/contract/failure-catalogue.ts";
import type { PackageFormat } from "../../encoder/contract/stream.ts";
import type { JobRecord, OutputRecord, TaskRecord } from "./job-record.ts";
import { isFinalOutput, publicOutputStatus } from "./job-status.ts";
import { timingsView } from "./ledger/milestones.ts";
import { publicUrl } from "./object-location.ts";
import { manifestFormats } from "./plan/plan-stream.ts";

type JsonObject = Record<string, unknown>;

/** The body of `POST /v2/jobs` and `GET /v2/jobs/:id`. */
export function jobView(record: JobRecord): JsonObject {
  return {
    id: record.id,
    ...jobDates(record),
    status: `job.${record.status}`,
    progress: `${record.progressPercent}%`,
    input: inputView(record),
    outputs: outputViews(record),
  };
}

/** `created_at` and `completed_at` in the manner of Ruby's `Time#to_s`, UTC; null while the job runs. */
export function jobDates(record: JobRecord): { created_at: string; completed_at: string | null } {
  return {
    created_at: rubyTime(record.createdAt),
    completed_at: record.completedAt === null ? null : rubyTime(record.completedAt),
  };
}

/** The job's input, with the reason when it failed. */
export function inputView(record: JobRecord): JsonObject {
  return { ...failureView(record.input.failure), status: `input.${record.input.status}` };
}

/** The job's outputs in request order. */
export function outputViews(record: JobRecord): JsonObject[] {
  return record.spec.outputs.map((request, index) => {
    const output = record.outputs[index];
    const status = output?.status ?? "waiting";
    return {
      key: request.key,
      type: request.type,
      format: request.format,
      ...(output === undefined ? {} : resultView(record, index, output)),
      status: publicOutputStatus(request.type, status),
    };
  });
}

/** Where to find it or why it failed; before its end nothing, or what of a stream can be played already. */
function resultView(record: JobRecord, index: number, { status, failure }: OutputRecord): JsonObject {
  if (status === "completed") {
    return outputLinks(record, index);
  }
  const urls = isFinalOutput(status) ? [] : openLinks(record, index);
  return { ...failureView(failure), ...(urls.length === 0 ? {} : { urls }) };
}

/** Public addresses of an output's files, of a stream its manifests; empty before it is planned. */
export function outputUrls(record: JobRecord, index: number): string[] {
  return (record.outputs[index]?.keys ?? []).map((key) => keyUrl(record, key));
}

/** Public address of one key of the job. */
export function keyUrl(record: JobRecord, key: string): string {
  return publicUrl(record.spec.storage, key, `${record.origin}/files/${record.hostedPrefix}`);
}

/** Every manifest of a stream, in the order in which they are told; empty before it is planned. */
export function manifestLinks(record: JobRecord, index: number): { format: PackageFormat; url: string }[] {
  const request = record.spec.outputs[index];
  const formats = request?.type === "httpstream" ? manifestFormats(request) : [];
  const urls = outputUrls(record, index);
  return formats.flatMap((format, place) => {
    const url = urls[place];
    return url === undefined ? [] : [{ format, url }];
  });
}

/** Those manifests that can be played while the stream is still encoded. */
export function openLinks(record: JobRecord, index: number): { format: PackageFormat; url: string }[] {
  const open = record.outputs[index]?.openManifests ?? [];
  return manifestLinks(record, index).filter(({ format }) => open.includes(format));
}

/** `url` of a video, `urls` of images and streams. */
export function outputLinks(record: JobRecord, index: number): JsonObject {
  const urls = outputUrls(record, index);
  switch (record.spec.outputs[index]?.type) {
    case "image":
      return { urls };
    case "httpstream":
      return { urls: manifestLinks(record, index) };
    case "video":
    case undefined:
      return { url: urls[0] };
  }
}

/**
 * The body of `GET /v2/jobs/:id/progress`, Copra's own: finer than Coconut's, one number per output, and what the
 * job's time went into.
 */
export function progressView(record: JobRecord, tasks: readonly TaskRecord[]): JsonObject {
  return {
    id: record.id,
    status: `job.${record.status}`,
    progress: `${record.progressPercent}%`,
    input: { status: `input.${record.input.status}`, progress: `${record.input.progressPercent}%` },
    outputs: record.spec.outputs.map((request, index) => {
      const output = record.outputs[index];
      const status = output?.status ?? "waiting";
      return {
        key: request.key,
        type: request.type,
        format: request.format,
        status: publicOutputStatus(request.type, status),
        progress: `${output?.progressPercent ?? 0}%`,
      };
    }),
    timings: timingsView(record, tasks),
  };
}

/**
 * The body of `GET /v2/metadata/jobs/:id`: outputs are a list of single-key objects because keys may repeat.
 *
 * @param metadata looks a stored ffprobe tree up; undefined when there is none (yet).
 */
export function metadataView(
  record: JobRecord,
  metadata: (key: "input" | `output-${number}`) => unknown,
): JsonObject {
  const input = metadata("input");
  const outputs = record.spec.outputs.flatMap((request, index) => {
    const tree = metadata(`output-${index}`);
    return tree === undefined ? [] : [{ [request.key]: tree }];
  });
  return { job_id: record.id, metadata: { ...(input === undefined ? {} : { input }), outputs } };
}

/** The tree of one output, or of the input; undefined when the key is unknown or nothing is known yet. */
export function metadataOf(
  record: JobRecord,
  key: string,
  metadata: (key: "input" | `output-${number}`) => unknown,
): JsonObject | undefined {
  const index = record.spec.outputs.findIndex((request) => request.key === key);
  const tree =
    index >= 0
      ? metadata(`output-${index}`)
      : key === "input" || key === "source"
        ? metadata("input")
        : undefined;
  return tree === undefined ? undefined : { job_id: record.id, metadata: tree };
}

function failureView(failure: Failure | null): JsonObject {
  return failure === null ? {} : { error: failureMessage(failure), error_code: failure.code };
}

function rubyTime(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19).replace("T", " ")} +0000`;
}
