/** The few calls that the benchmark makes, with a key and without ceremony. */
import type { Service } from "../../worker/cli/service.ts";

export type BenchJob = { id: string; status: string };
export type BenchApi = ReturnType<typeof benchApi>;

export function benchApi(service: Service, notificationUrl: string) {
  const headers = { authorization: `Basic ${btoa(`${service.key}:`)}` };

  const create = async (sourceUrl: string, outputs: object): Promise<BenchJob> => {
    const response = await fetch(`${service.url}/v2/jobs`, {
      method: "POST",
      headers,
      body: JSON.stringify({
        input: { url: sourceUrl },
        storage: { service: "coconut" },
        notification: { url: notificationUrl },
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
    create,
    read,
    /** The job in its final state. */
    finishedJob: async (sourceUrl: string, outputs: object): Promise<BenchJob> => {
      const { id } = await create(sourceUrl, outputs);
      for (;;) {
        const job = await read(id);
        if (job.status === "job.completed" || job.status === "job.failed") {
          return job;
        }
        await new Promise((resolve) => {
          setTimeout(resolve, 50);
        });
      }
    },
    /** The Worker's emptiest route: what any request costs. */
    empty: async (): Promise<void> => {
      await (await fetch(`${service.url}/health`)).text();
    },
  };
}
