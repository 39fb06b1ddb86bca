import { describe, expect, it } from "vitest";
import type { JobState } from "../../../../worker/domain/job-record.ts";
import { webhookBody } from "../../../../worker/domain/webhook-event.ts";
import { runAll } from "../../../support/chunked-job.ts";
import { aStream, aVideo, anImage, anIngestedJob, finish, lease } from "../../../support/job-builders.ts";

const HOSTED = "https://copra.example.com/files/23/09/0123456789abcdef0123456789abcdef";
const METADATA: Record<string, unknown> = {
  input: { streams: [], format: { name: "in" } },
  "output-0": { streams: [], format: { name: "out" } },
  "output-2": { hls: { streams: [], format: { name: "hls" } } },
};

function bodies(state: JobState): Record<string, unknown>[] {
  return state.outbox.map((event) => JSON.parse(webhookBody(state.record.id, event, (key) => METADATA[key])));
}

function finishedJob(notification: { events: boolean; metadata: boolean }): JobState {
  const start = lease(anIngestedJob({ notification, outputs: [aVideo(), anImage(), aStream()] }));
  return runAll(["output-0", "output-1"].reduce((state, id) => finish(state, id), start));
}

describe("webhookBody", () => {
  it("tells of the input without a type and without the job's progress", () => {
    expect(bodies(finishedJob({ events: true, metadata: false }))[0]).toEqual({
      job_id: "AbCdEfGhIjKlMn",
      event: "input.transferred",
      metadata: false,
      data: { status: "input.transferred", progress: "100%" },
    });
  });

  it("tells of each output in the recorded shape and key order", () => {
    const [, video, images, stream] = finishedJob({ events: true, metadata: false }).outbox.map((event) =>
      webhookBody("AbCdEfGhIjKlMn", event, () => undefined),
    );
    expect(video).toBe(
      `{"job_id":"AbCdEfGhIjKlMn","event":"output.completed","metadata":false,"data":{"type":"video","status":"video.encoded","progress":"25%","key":"mp4:480p","url":"${HOSTED}/480p.mp4"}}`,
    );
    expect(images).toBe(
      `{"job_id":"AbCdEfGhIjKlMn","event":"output.completed","metadata":false,"data":{"type":"image","status":"image.created","progress":"50%","key":"jpg:320x","urls":["${HOSTED}/thumb_01.jpg","${HOSTED}/thumb_02.jpg","${HOSTED}/thumb_03.jpg"]}}`,
    );
    expect(stream).toBe(
      `{"job_id":"AbCdEfGhIjKlMn","event":"output.completed","metadata":false,"data":{"type":"httpstream","status":"httpstream.packaged","progress":"75%","key":"httpstream","urls":[{"format":"hls","url":"${HOSTED}/hls/master.m3u8"}]}}`,
    );
  });

  it("says by `metadata` whether this very body carries any: never for images", () => {
    const [input, video, images, stream, job] = bodies(finishedJob({ events: true, metadata: true }));
    expect(input).toMatchObject({ metadata: true, data: { metadata: METADATA["input"] } });
    expect(video).toMatchObject({ metadata: true, data: { metadata: METADATA["output-0"] } });
    expect(images).toMatchObject({ metadata: false });
    expect(images?.["data"]).not.toHaveProperty("metadata");
    expect(stream).toMatchObject({
      metadata: true,
      data: { metadata: { hls: { format: { name: "hls" } } } },
    });
    expect(job).toMatchObject({
      metadata: true,
      data: {
        input: { metadata: METADATA["input"] },
        outputs: [{ metadata: METADATA["output-0"] }, {}, { metadata: METADATA["output-2"] }],
      },
    });
  });

  it("sends only the job's own event when the customer did not ask for more", () => {
    const sent = bodies(finishedJob({ events: false, metadata: false }));
    expect(sent).toHaveLength(1);
    expect(sent[0]).toMatchObject({
      event: "job.completed",
      data: {
        type: "job",
        status: "job.completed",
        progress: "100%",
        id: "AbCdEfGhIjKlMn",
        created_at: "2026-11-23 09:00:00 +0000",
      },
    });
    expect(Object.keys(sent[0]?.["data"] as object)).toEqual([
      "type",
      "status",
      "progress",
      "id",
      "created_at",
      "completed_at",
      "input",
      "outputs",
    ]);
  });

  it("comes out byte for byte the same at every attempt", () => {
    const state = finishedJob({ events: true, metadata: true });
    for (const event of state.outbox) {
      const body = () => webhookBody(state.record.id, event, (key) => METADATA[key]);
      expect(body()).toBe(body());
    }
  });
});
