/** The few calls that the benchmark makes, with a key and without ceremony. */
import type { Service } from "../../worker/cli/service.ts";

/** Where the service tells of finished jobs. */
export type Webhooks = {
  url: string;
  /** The job's last event, such as `job.completed`; may be asked for before or after it comes. */
  jobEvent: (jobId: string) => Promise<string>;
};

export type BenchJob = { id: string; status: string };
export type BenchApi = ReturnType<typeof benchApi>;

export function benchApi(service: Service, webhooks: Webhooks) {
  const headers = { authorization: `Basic ${btoa(`${service.key}:`)}` };

  const create = async (sourceUrl: string, outputs: object): Promise<BenchJob> => {
    const response = await fetch(`${service.url}/v2/jobs`, {
      method: "POST",
      headers,
      body: JSON.stringify({
        input: { url: sourceUrl },
        storage: { service: "coconut" },
        notification: { url: webhooks.url },
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

  return {
    read,
    /** Status of the finished job, told by its webhook: polling would cost CPU that is measured. */
    finishedStatus: async (
      sourceUrl: string,
      outputs: object,
      onCreated: (latencyMs: number) => void = () => {},
    ): Promise<BenchJob> => {
      const startedAt = performance.now();
      const { id } = await create(sourceUrl, outputs);
      onCreated(performance.now() - startedAt);
      return { id, status: await webhooks.jobEvent(id) };
    },
    /** The Worker's emptiest route: what any request costs. */
    empty: async (): Promise<void> => {
      await (await fetch(`${service.url}/health`)).text();
    },
  };
}
