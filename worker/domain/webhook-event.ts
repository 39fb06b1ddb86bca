/**
 * The events of a job and the bodies that customers receive. Bodies are rebuilt for every attempt from the
 * outbox row and the stored metadata, and come out byte for byte the same.
 */
import { failureMessage } from "../../encoder/contract/failure-catalogue.ts";
import type { JobRecord, OutboxRecord, OutputRecord, WebhookEventName } from "./job-record.ts";
import { publicOutputStatus } from "./job-status.ts";
import type { OutputRequest } from "./job-spec.ts";
import { jobDates, openLinks, outputLinks } from "./job-view.ts";

/** Where metadata is stored: `input`, or `output-<index>`. */
export type MetadataKey = "input" | `output-${number}`;

type NewEvent = Pick<OutboxRecord, "event" | "data" | "outputIndex" | "withMetadata">;

/** The input is in and understood. Carries the input's own progress, as Coconut does. */
export function inputTransferredEvent(record: JobRecord): NewEvent {
  return {
    event: "input.transferred",
    data: { status: "input.transferred", progress: "100%" },
    outputIndex: null,
    withMetadata: record.spec.notification.metadata,
  };
}

/**
 * A stream that is still encoded can be played from its beginning: its playlists grow until it is finished. Copra's own
 * event.
 */
export function playableEvent(record: JobRecord, outputIndex: number): NewEvent {
  const { request, output } = outputAt(record, outputIndex);
  return {
    event: "output.playable",
    data: {
      type: request.type,
      status: publicOutputStatus(request.type, output.status),
      progress: `${record.progressPercent}%`,
      key: request.key,
      urls: openLinks(record, outputIndex),
    },
    outputIndex,
    withMetadata: false,
  };
}

/** One output is finished, well or badly. `progressPercent` is the job's. */
export function outputEvent(record: JobRecord, outputIndex: number, progressPercent: number): NewEvent {
  const { request, output } = outputAt(record, outputIndex);
  const failed = output.failure !== null;
  return {
    event: failed ? "output.failed" : "output.completed",
    data: {
      type: request.type,
      status: publicOutputStatus(request.type, output.status),
      progress: `${progressPercent}%`,
      key: request.key,
      ...(output.failure === null
        ? outputLinks(record, outputIndex)
        : { error: failureMessage(output.failure), error_code: output.failure.code }),
    },
    outputIndex,
    withMetadata: !failed && request.type !== "image" && record.spec.notification.metadata,
  };
}

/** The job is finished. Always sent. */
export function jobEvent(
  record: JobRecord,
  outputs: Record<string, unknown>[],
  input: Record<string, unknown>,
): NewEvent {
  const event: WebhookEventName = record.status === "completed" ? "job.completed" : "job.failed";
  return {
    event,
    data: {
      type: "job",
      status: event,
      progress: "100%",
      id: record.id,
      ...jobDates(record),
      input,
      outputs,
    },
    outputIndex: null,
    withMetadata: record.spec.notification.metadata && record.input.mediaInfo !== null,
  };
}

/**
 * The JSON body of one delivery: exactly Coconut's four keys.
 *
 * @param metadata looks a stored ffprobe tree up; undefined when there is none.
 */
export function webhookBody(
  jobId: string,
  event: OutboxRecord,
  metadata: (key: MetadataKey) => unknown,
): string {
  return JSON.stringify({
    job_id: jobId,
    event: event.event,
    metadata: event.withMetadata,
    data: event.withMetadata ? withMetadata(event, metadata) : event.data,
  });
}

function withMetadata(event: OutboxRecord, metadata: (key: MetadataKey) => unknown): Record<string, unknown> {
  const attach = (part: unknown, key: MetadataKey) => ({ ...(part as object), metadata: metadata(key) });
  if (event.event === "input.transferred") {
    return attach(event.data, "input");
  }
  if (event.outputIndex !== null) {
    return attach(event.data, `output-${event.outputIndex}`);
  }
  const { input, outputs, ...rest } = event.data;
  return {
    ...rest,
    input: attach(input, "input"),
    // JSON drops an undefined member, so outputs without metadata stay as they are.
    outputs: Array.isArray(outputs)
      ? outputs.map((output, index) => attach(output, `output-${index}`))
      : outputs,
  };
}

function outputAt(record: JobRecord, index: number): { request: OutputRequest; output: OutputRecord } {
  const request = record.spec.outputs[index];
  const output = record.outputs[index];
  if (request === undefined || output === undefined) {
    throw new RangeError(`Job ${record.id} has no output ${index}.`);
  }
  return { request, output };
}
