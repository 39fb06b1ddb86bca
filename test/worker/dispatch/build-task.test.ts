import { describe, expect, it } from "vitest";
import { taskSchema } from "../../../encoder/contract/task.ts";
import { buildTask } from "../../../worker/dispatch/build-task.ts";
import type { JobState } from "../../../worker/domain/job-record.ts";
import { readGatewayGrant } from "../../../worker/gateway/gateway-credentials.ts";
import { aChunkedJob, aQualityVideo, failedReport, finishAll, idsOf } from "../../support/chunked-job.ts";
import {
  T0,
  aJob,
  aStream,
  aVideo,
  after,
  anImage,
  anIngestedJob,
  lease,
  taskOf,
} from "../../support/job-builders.ts";

const masterKey = { bytes: new Uint8Array(32) };
const secrets = { inputUrl: "https://a.example/v", notificationUrl: "", storageCredentials: null };
const context = { secrets, masterKey, gatewayOrigin: "https://copra.example.com" };
const build = (state: JobState, taskId: string) => buildTask(state, taskOf(state, taskId), context);

describe("buildTask", () => {
  it("opens the gateway for as long as the job may take, because no task is sure to be faster", async () => {
    const state = lease(anIngestedJob());
    const task = await build(state, "output-0");
    const accessKeyId = task.kind === "encode" ? task.object.store.credentials.accessKeyId : "";
    expect((await readGatewayGrant(masterKey, accessKeyId))?.expiresAt).toBe(state.record.deadlineAt);
  });

  it("makes tasks of every kind that the contract accepts", async () => {
    const outputs = [aVideo(), aQualityVideo("/b.mp4", { durationSeconds: 10 }), aStream(), anImage()];
    const state = aChunkedJob(outputs);
    const parts = finishAll(state, [...idsOf(state, "analyze", "encode", "chunk"), "output-3"]);
    const joining = lease(parts, "0", 8, T0 + 1_000);
    const tasks = await Promise.all(
      [
        build(lease(aJob()), "ingest"),
        build(lease(state), "output-1"),
        build(lease(state), "output-3"),
        build(lease(state), "analyze-2"),
        build(lease(state), "audio-1"),
        build(finishAll(state, idsOf(state, "analyze")), "chunk-1"),
        build(joining, "output-0"),
        build(joining, "output-2-package"),
      ].map(async (task) => ({ ...(await task), attempt: 1 })),
    );
    expect(tasks.flatMap((task) => taskSchema.safeParse(task).error ?? [])).toEqual([]);
    expect(tasks.map(({ kind }) => kind)).toEqual([
      "ingest",
      "encode",
      "image",
      "analyze",
      "encode",
      "chunk",
      "assemble",
      "package",
    ]);
  });

  it("tells a chunk what is known of the source, and where its neighbours are", async () => {
    const state = lease(aChunkedJob());
    const [second, third] = await Promise.all([build(state, "chunk-2"), build(state, "chunk-3")]);
    expect(second).toMatchObject({
      source: { url: "https://a.example/v" },
      formatName: "mov,mp4,m4a,3gp,3g2,mj2",
      sourceFrameRate: { num: 30, den: 1 },
      videoStreamIndex: 0,
      zeroTicks: 0,
      start: { frame: 900 },
      end: { frame: 1_800 },
      spanSeconds: 30,
      isExact: false,
      slots: 1,
    });
    expect(third).toMatchObject({ start: { frame: 1_800 }, end: null });
  });

  it("takes the whole encoder for what ran out of memory", async () => {
    const state = lease(aChunkedJob(), "0", 3);
    const failed = after(state, [failedReport(state, "chunk-1", { code: "encode_out_of_memory" })]);
    expect(await build(failed, "chunk-1")).toMatchObject({ slots: 3 });
    expect(await build(failed, "chunk-2")).toMatchObject({ slots: 1 });
  });

  it("marks the parts that another task reads back, and no output", async () => {
    const state = lease(anIngestedJob({ outputs: [aVideo(), aStream()] }));
    expect(await build(state, "output-0")).toMatchObject({ isWorkFile: false });
    expect(await build(state, "output-1-variant-1")).toMatchObject({
      isWorkFile: true,
      object: { key: "work/AbCdEfGhIjKlMn/output-1-variant-1/1/rendition.mp4" },
    });
  });
});
