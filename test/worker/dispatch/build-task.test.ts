import { describe, expect, it } from "vitest";
import { taskSchema } from "../../../encoder/contract/task.ts";
import { buildTask } from "../../../worker/dispatch/build-task.ts";
import type { JobState } from "../../../worker/domain/job-record.ts";
import { readGatewayGrant } from "../../../worker/gateway/gateway-credentials.ts";
import {
  BEFORE_PACKAGE,
  aChunkedJob,
  aQualityVideo,
  failedReport,
  finishAll,
  idsOf,
  runAll,
} from "../../support/chunked-job.ts";
import {
  T0,
  aFormat,
  aJob,
  aPictureFormat,
  aPictureRequest,
  aSoundFormat,
  aStream,
  aVideo,
  after,
  anAnimation,
  anImage,
  anIngestedJob,
  lease,
  taskOf,
} from "../../support/job-builders.ts";

const masterKey = { bytes: new Uint8Array(32) };
const MARKS = ["https://a.example/1.png", "https://a.example/2.png"];
const secrets = {
  inputUrl: "https://a.example/v",
  notificationUrl: "",
  watermarkUrls: MARKS,
  subtitleUrls: [],
  streamKeys: [],
  storageCredentials: null,
};
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
    const outputs = [
      aVideo(),
      aQualityVideo("/b.mp4", { durationSeconds: 10 }),
      aStream(),
      anImage({ vtt: { filename: null } }),
      anAnimation(),
    ];
    const state = aChunkedJob(outputs);
    const parts = finishAll(state, [...idsOf(state, "analyze", "encode", "chunk"), "output-3", "output-4"]);
    const joining = lease(parts, "0", 8, T0 + 1_000);
    const tasks = await Promise.all(
      [
        build(lease(aJob()), "ingest"),
        build(lease(state), "output-1"),
        build(lease(state), "output-3"),
        build(lease(state), "output-4"),
        build(lease(state), "analyze-2"),
        build(lease(state), "audio-1"),
        build(finishAll(state, idsOf(state, "analyze")), "chunk-1"),
        build(joining, "output-0"),
        build(joining, "output-2-sound-1"),
        build(runAll(parts, { kinds: BEFORE_PACKAGE }), "output-2-segment-1"),
        build(runAll(parts, { kinds: BEFORE_PACKAGE }), "output-2-package"),
      ].map(async (task) => ({ ...(await task), attempt: 1 })),
    );
    expect(tasks.flatMap((task) => taskSchema.safeParse(task).error ?? [])).toEqual([]);
    expect(tasks.map(({ kind }) => kind)).toEqual([
      "ingest",
      "encode",
      "image",
      "animation",
      "analyze",
      "encode",
      "chunk",
      "assemble",
      "segment-sound",
      "segment",
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

  it("writes the WebVTT file of pictures, whose names lead from it to them", async () => {
    const outputs = [anImage({ path: "/thumbs/%.2d.jpg", vtt: { filename: "list.vtt" } })];
    const task = await build(lease(anIngestedJob({ outputs })), "output-0");
    const vtt = task.kind === "image" ? task.vtt : null;
    expect(vtt?.key).toMatch(/^hosted\/.+\/thumbs\/list\.vtt$/);
    expect(vtt?.text.split("\n").filter((line) => line.endsWith(".jpg"))).toEqual([
      ...["01.jpg", "02.jpg", "03.jpg"],
    ]);
  });

  it("gives the addresses of watermarks to the tasks whose pictures have one, and to no others", async () => {
    const picture = aPictureRequest({ watermark: { source: 1, position: "topleft" } });
    const outputs = [aVideo({ picture }), aVideo({ path: "/b.mp4" }), anImage({ picture }), anAnimation()];
    const state = lease(anIngestedJob({ outputs }));
    const ids = ["output-0", "output-1", "output-2", "output-3"];
    const tasks = await Promise.all(ids.map((id) => build(state, id)));
    expect(tasks.map((task) => ("watermarkUrls" in task ? task.watermarkUrls : null))).toEqual([
      ...[MARKS, [], MARKS, []],
    ]);
    const chunked = lease(aChunkedJob([aVideo({ picture }), aQualityVideo("/b.mp4")]));
    const chunk = await build(finishAll(chunked, idsOf(chunked, "analyze")), "chunk-1");
    expect(chunk).toMatchObject({ watermarkUrls: MARKS });
  });

  it("names a part by the container that it is in", async () => {
    const rendition = aFormat({
      container: "webm",
      video: aPictureFormat({ codec: "vp9" }),
      audio: aSoundFormat({ codec: "vorbis" }),
    });
    const state = lease(aChunkedJob([aVideo({ rendition })]));
    expect(await build(state, "audio-1")).toMatchObject({
      object: { key: "work/AbCdEfGhIjKlMn/audio-1/1/rendition.mkv" },
    });
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
