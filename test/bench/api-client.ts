/** The few calls that the benchmark makes, with a key and without ceremony. */
import type { Service } from "../../worker/cli/service.ts";

/** Where the service tells of finished jobs. */
export type Webhooks = {
  url: string;
  /** The job's last event, such as `job.completed`; may be asked for before or after it comes. */
  jobEvent: (jobId: string) => Promise<string>;
};

export type BenchJob = {
  id: string;
  status: string;
  outputs: { url?: string; urls?: { format: string; url: string }[] }[];
};

/** Copra's own view of where a job's time went, in milliseconds. */
export type Timings = Record<string, number | null>;

export type BenchApi = ReturnType<typeof benchApi>;

export function benchApi(service: Service, webhooks: Webhooks) {
  const headers = { authorization: `Basic ${btoa(`${service.key}:`)}` };

  const create = async (sourceUrl: string, outputs: object, settings: object): Promise<BenchJob> => {
    const response = await fetch(`${service.url}/v2/jobs`, {
      method: "POST",
      headers,
      body: JSON.stringify({
        input: { url: sourceUrl },
        storage: { service: "coconut" },
        notification: { url: webhooks.url },
        settings,
        outputs,
      }),
    });
    const body: unknown = await response.json();
    if (response.status !== 201) {
      throw new Error(`POST answered ${response.status}: ${JSON.stringify(body)}`);
    }
    return body as BenchJob;
  };

  const read = async (id: string): Promise<BenchJob> => {
    const response = await fetch(`${service.url}/v2/jobs/${id}`, { headers });
    return (await response.json()) as BenchJob;
  };

  /** @throws Error unless the job completes. */
  const completion = async (id: string): Promise<void> => {
    if ((await webhooks.jobEvent(id)) !== "job.completed") {
      throw new Error(`The job ended as ${JSON.stringify(await read(id))}.`);
    }
  };

  return {
    read,
    completion,
    startJob: (sourceUrl: string, outputs: object): Promise<BenchJob> => create(sourceUrl, outputs, {}),
    /** Manifests of the first output by format; empty before they are known. */
    streamUrls: async (id: string): Promise<Partial<Record<string, string>>> => {
      const urls = (await read(id)).outputs[0]?.urls ?? [];
      return Object.fromEntries(urls.map(({ format, url }) => [format, url]));
    },
    /** A job's end, whatever it is, told by its webhook: polling would cost CPU that is measured. */
    endedJob: async (
      sourceUrl: string,
      outputs: object,
      onCreated: (latencyMs: number) => void = () => {},
    ): Promise<{ id: string; event: string }> => {
      const startedAt = performance.now();
      const { id } = await create(sourceUrl, outputs, {});
      onCreated(performance.now() - startedAt);
      return { id, event: await webhooks.jobEvent(id) };
    },
    /** @throws Error unless the job completes. */
    finishedJob: async (
      sourceUrl: string,
      outputs: object,
      settings: object = {},
    ): Promise<{ id: string }> => {
      const { id } = await create(sourceUrl, outputs, settings);
      await completion(id);
      return { id };
    },
    timings: async (id: string): Promise<Timings> => {
      const response = await fetch(`${service.url}/v2/jobs/${id}/progress`, { headers });
      return ((await response.json()) as { timings: Timings }).timings;
    },
    download: async (id: string, index: number): Promise<Buffer> => {
      const url = (await read(id)).outputs[index]?.url ?? "";
      return Buffer.from(await (await fetch(url)).arrayBuffer());
    },
    /** The Worker's emptiest route: what any request costs. */
    empty: async (): Promise<void> => {
      await (await fetch(`${service.url}/health`)).text();
    },
  };
}
