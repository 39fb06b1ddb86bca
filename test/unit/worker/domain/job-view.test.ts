import { describe, expect, it } from "vitest";
import { jobView, metadataOf, metadataView, progressView } from "../../../../worker/domain/job-view.ts";
import { runAll } from "../../../support/chunked-job.ts";
import {
  aJob,
  aStream,
  aVideo,
  after,
  anAnimation,
  anImage,
  anIngestedJob,
  finish,
  lease,
  taskOf,
} from "../../../support/job-builders.ts";

const HOSTED = "https://copra.example.com/files/23/09/0123456789abcdef0123456789abcdef";

describe("jobView", () => {
  it("shows a new job with Coconut's fields, in Coconut's order", () => {
    const view = jobView(
      aJob({ outputs: [aVideo({ key: "mp4:720p", format: "mp4:720p" }), anImage(), aStream()] }).record,
    );
    expect(JSON.stringify(view)).toBe(
      JSON.stringify({
        id: "AbCdEfGhIjKlMn",
        created_at: "2026-11-23 09:00:00 +0000",
        completed_at: null,
        status: "job.starting",
        progress: "0%",
        input: { status: "input.starting" },
        outputs: [
          { key: "mp4:720p", type: "video", format: "mp4:720p", status: "video.waiting" },
          { key: "jpg:320x", type: "image", format: "jpg:320x", status: "image.waiting" },
          { key: "httpstream", type: "httpstream", format: "httpstream", status: "httpstream.waiting" },
        ],
      }),
    );
  });

  it("shows one url for a video, a list for images and one entry per package for streams", () => {
    const state = runAll(anIngestedJob({ outputs: [aVideo(), anImage(), aStream()] }));
    expect(jobView(state.record)).toMatchObject({
      status: "job.completed",
      progress: "100%",
      completed_at: "2026-11-23 09:00:00 +0000",
      input: { status: "input.transferred" },
      outputs: [
        { url: `${HOSTED}/480p.mp4`, status: "video.encoded" },
        {
          urls: [`${HOSTED}/thumb_01.jpg`, `${HOSTED}/thumb_02.jpg`, `${HOSTED}/thumb_03.jpg`],
          status: "image.created",
        },
        { urls: [{ format: "hls", url: `${HOSTED}/hls/master.m3u8` }], status: "httpstream.packaged" },
      ],
    });
  });

  it("lists the WebVTT file after the pictures, and one file of a moving picture", () => {
    const outputs = [anImage({ vtt: { filename: "thumbs.vtt" } }), anAnimation()];
    const done = ["output-0", "output-1"].reduce(
      (state, id) => finish(state, id),
      lease(anIngestedJob({ outputs })),
    );
    const pictures = ["thumb_01.jpg", "thumb_02.jpg", "thumb_03.jpg", "thumbs.vtt"];
    expect(jobView(done.record)).toMatchObject({
      status: "job.completed",
      outputs: [
        { urls: pictures.map((name) => `${HOSTED}/${name}`) },
        { type: "image", urls: [`${HOSTED}/preview.gif`], status: "image.created" },
      ],
    });
  });

  it("puts the reason and a stable code before the status of a failed output, and no url", () => {
    const state = lease(anIngestedJob());
    const { attempt } = taskOf(state, "output-0");
    const report = {
      taskId: "output-0",
      attempt,
      state: "failed" as const,
      failure: { code: "encode_failed" as const },
    };
    const failed = after(state, [{ type: "reported", encoder: "0", reports: [report], expected: [] }]);
    const [output] = jobView(failed.record)["outputs"] as object[];
    expect(JSON.stringify(output)).toBe(
      JSON.stringify({
        key: "mp4:480p",
        type: "video",
        format: "mp4:480p",
        error: "The media file couldn't be encoded because of a FFmpeg error.",
        error_code: "encode_failed",
        status: "video.failed",
      }),
    );
  });
});

describe("metadataView", () => {
  it("answers with what is known, an empty list of outputs before anything is", () => {
    const { record } = aJob();
    expect(metadataView(record, () => undefined)).toEqual({ job_id: record.id, metadata: { outputs: [] } });
  });

  it("lists outputs as single-key objects, because keys may repeat", () => {
    const { record } = aJob({ outputs: [aVideo({ key: "mp4" }), aVideo({ key: "mp4", path: "/b.mp4" })] });
    expect(metadataView(record, (key) => ({ tree: key }))).toEqual({
      job_id: record.id,
      metadata: {
        input: { tree: "input" },
        outputs: [{ mp4: { tree: "output-0" } }, { mp4: { tree: "output-1" } }],
      },
    });
  });
});

describe("metadataOf", () => {
  it("finds the input, an output by its key, and nothing else", () => {
    const { record } = aJob();
    const stored = (key: string) => ({ tree: key });
    expect(metadataOf(record, "input", stored)).toEqual({ job_id: record.id, metadata: { tree: "input" } });
    expect(metadataOf(record, "mp4:480p", stored)).toEqual({
      job_id: record.id,
      metadata: { tree: "output-0" },
    });
    expect(metadataOf(record, "mp4:999p", stored)).toBeUndefined();
    expect(metadataOf(record, "input", () => undefined)).toBeUndefined();
  });
});

describe("progressView", () => {
  it("gives each output its own progress, a stream's variants by their weight", () => {
    const state = lease(anIngestedJob({ outputs: [aVideo(), aStream()] }));
    const report = {
      taskId: "output-0",
      attempt: 1,
      state: "running" as const,
      phase: "encoding" as const,
      progressPercent: 42,
    };
    const running = after(state, [{ type: "reported", encoder: "0", reports: [report], expected: [] }]);
    const big = finish(running, "output-1-variant-2");
    expect(progressView(big.record, big.tasks)).toMatchObject({
      input: { progress: "100%" },
      outputs: [
        { key: "mp4:480p", status: "video.encoding", progress: "42%" },
        // Each decodes the source, 854x480 has four times the pixels of 426x240, and sound is a task of its own: 60 %
        // of the work is done.
        { key: "httpstream", status: "httpstream.variants.encoding", progress: "58%" },
      ],
    });
  });
});
