/** How long the API takes to answer, against the emptiest route of the same Worker. */
import type { BenchBed } from "./bench-bed.ts";
import { spread } from "./statistics.ts";

const ROUNDS = 60;

type Sample = { empty: number; get: number; post: number };

/** Prints median ratios; the three calls of a round follow each other in turning order, so none is always first. */
export async function compareLatency({ api, urlOf }: BenchBed): Promise<void> {
  const missingUrl = urlOf("missing.mp4");
  const outputs = { mp4: { path: "/a.mp4" } };
  const { id } = await api.endedJob(missingUrl, outputs);
  const samples: Sample[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const sample: Sample = { empty: 0, get: 0, post: 0 };
    const calls = [
      async () => {
        sample.empty = await timed(() => api.empty());
      },
      async () => {
        sample.get = await timed(() => api.read(id));
      },
      async () => {
        // The input does not exist, so the job ends by itself before the next call is timed.
        const onCreated = (latencyMs: number) => {
          sample.post = latencyMs;
        };
        await api.endedJob(missingUrl, outputs, onCreated);
      },
    ];
    for (let turn = 0; turn < calls.length; turn += 1) {
      await calls[(round + turn) % calls.length]?.();
    }
    samples.push(sample);
  }
  const ratio = (of: (sample: Sample) => number) =>
    spread(samples.map((sample) => of(sample) / sample.empty));
  console.log(`\nLatency against an empty route of the same Worker, ${ROUNDS} rounds`);
  console.log(`  GET /v2/jobs/:id ${ratio(({ get }) => get)}`);
  console.log(`  POST /v2/jobs    ${ratio(({ post }) => post)}`);
  console.log(
    `  empty route      ${spread(
      samples.map(({ empty }) => empty),
      " ms",
    )}`,
  );
}

async function timed(call: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await call();
  return performance.now() - startedAt;
}
