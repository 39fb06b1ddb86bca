/** The few calls of the API that the demo makes, each answer checked where it arrives. */
import { z } from "zod";
import { CliError } from "../cli-error.ts";
import { basicAuth } from "../health.ts";

const CALL_TIMEOUT_MS = 30_000;

const outputProgressSchema = z.object({
  key: z.string(),
  type: z.enum(["video", "image", "httpstream"]),
  status: z.string(),
  progress: z.templateLiteral([z.int(), "%"]),
});

const progressSchema = z.object({
  status: z.string(),
  progress: z.string(),
  input: z.object({ status: z.string(), progress: z.templateLiteral([z.int(), "%"]) }),
  outputs: z.array(outputProgressSchema),
});

const outputSchema = z.object({
  key: z.string(),
  type: z.enum(["video", "image", "httpstream"]),
  status: z.string(),
  url: z.string().optional(),
  urls: z.array(z.union([z.string(), z.object({ format: z.string(), url: z.string() })])).optional(),
  error: z.string().optional(),
});

const jobSchema = z.object({
  id: z.string(),
  status: z.string(),
  input: z.object({ status: z.string(), error: z.string().optional() }),
  outputs: z.array(outputSchema),
});

const metadataSchema = z.object({
  metadata: z.object({ outputs: z.array(z.record(z.string(), z.unknown())).default([]) }),
});

const refusalSchema = z.object({ message: z.string(), error_code: z.string() });

/** `GET /v2/jobs/:id/progress`, an addition of Copra's to Coconut's API. */
export type JobProgress = z.infer<typeof progressSchema>;
/** `GET /v2/jobs/:id`. */
export type Job = z.infer<typeof jobSchema>;
export type JobOutput = z.infer<typeof outputSchema>;

export type JobApi = {
  create(request: unknown): Promise<Job>;
  progress(jobId: string): Promise<JobProgress>;
  read(jobId: string): Promise<Job>;
  /** ffprobe's trees by output, as the API lists them: objects with one key. */
  metadata(jobId: string): Promise<Record<string, unknown>[]>;
};

/** Calls the service at `url` with a key. Every call throws CliError when it is refused. */
export function jobApi(url: string, key: string): JobApi {
  const call = async <Answer>(schema: z.ZodType<Answer>, path: string, body?: unknown): Promise<Answer> => {
    const response = await fetch(`${url}${path}`, {
      headers: { ...basicAuth(key), "content-type": "application/json" },
      ...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(CALL_TIMEOUT_MS),
    });
    const text = await response.text();
    if (!response.ok) {
      throw new CliError(refusalOf(path, response.status, text));
    }
    return schema.parse(JSON.parse(text));
  };
  return {
    create: (request) => call(jobSchema, "/v2/jobs", request),
    progress: (jobId) => call(progressSchema, `/v2/jobs/${jobId}/progress`),
    read: (jobId) => call(jobSchema, `/v2/jobs/${jobId}`),
    metadata: async (jobId) => (await call(metadataSchema, `/v2/metadata/jobs/${jobId}`)).metadata.outputs,
  };
}

function refusalOf(path: string, status: number, text: string): string {
  let body: unknown = null;
  try {
    body = JSON.parse(text);
  } catch {
    // Whatever answered, the status says enough.
  }
  const refusal = refusalSchema.safeParse(body);
  return refusal.success
    ? `${refusal.data.message} (${refusal.data.error_code})`
    : `${path} was answered with status ${status}.`;
}
