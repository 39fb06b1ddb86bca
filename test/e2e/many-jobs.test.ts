/** Fifty jobs in a row on one encoder: what it holds in memory and on disk must not grow with them. */
import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeClockClip } from "../support/clock-clip.ts";
import { finalView } from "../support/job-client.ts";
import { startTestBed, type TestBed } from "../support/test-bed.ts";

const JOB_COUNT = 50;
/** Node's heap has found its size by then. */
const WARM_UP_COUNT = 15;

let bed: TestBed;

beforeAll(async () => {
  bed = await startTestBed(
    async (directory) => {
      const clip = await makeClockClip(directory, "source.mp4", { seconds: 1, size: "160x90" });
      // Each job has a source of its own, so that nothing can be reused.
      return Object.fromEntries(
        Array.from({ length: JOB_COUNT }, (_, index) => [`${index}.mp4`, clip.bytes]),
      );
    },
    { encoderCount: 1 },
  );
});

afterAll(() => bed?.close());

/** Resident memory of the encoder in MiB. */
async function residentMib(): Promise<number> {
  const status = await readFile(`/proc/${await bed.service.encoderPid("0")}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1024;
}

describe("one encoder and fifty jobs", () => {
  it("holds no file and no more memory after the last one than after the first ones", async () => {
    const resident: number[] = [];
    for (let index = 0; index < JOB_COUNT; index += 1) {
      const job = await bed.client.create({
        input: { url: bed.media.url(`${index}.mp4`) },
        storage: { service: "coconut" },
        notification: { type: "http", url: bed.webhooks.origin },
        outputs: { "mp4:x90": { path: "/small.mp4" }, "jpg:64x": { path: "/picture.jpg" } },
      });
      expect(finalView(await bed.client.finish(job.id)).status).toBe("job.completed");
      resident.push(await residentMib());
    }
    await expect.poll(async () => bed.service.scratchFiles(), { timeout: 15_000 }).toEqual([]);
    const early = Math.max(...resident.slice(0, WARM_UP_COUNT));
    expect(Math.min(...resident.slice(-5))).toBeLessThan(early * 1.1);
  });
});
