import { describe, expect, it } from "vitest";
import type { JobState } from "../../../../../worker/domain/job-record.ts";
import {
  SHORT_SOURCE,
  aLongSource,
  aStream,
  aVideo,
  anImage,
  anIngestedJob,
  taskOf,
} from "../../../../support/job-builders.ts";
import { aQualityVideo } from "../../../../support/chunked-job.ts";

const ids = (state: JobState) => state.tasks.map((task) => task.taskId);
describe("planTasks", () => {
  it("plans whole encodes without work files for a short source", () => {
    const state = anIngestedJob({ outputs: [aVideo(), aStream(), anImage()] }, SHORT_SOURCE);
    expect(ids(state)).toEqual([
      "ingest",
      "output-0",
      "output-1-variant-1",
      "output-1-variant-2",
      "output-1-package",
      "output-2",
    ]);
  });

  it("analyzes, encodes sound and chunks once, and joins per output, when the source is long", () => {
    const state = anIngestedJob({ outputs: [aVideo(), aStream(), anImage()] }, aLongSource(90), 2);
    expect(ids(state)).toEqual([
      "ingest",
      "output-2",
      "analyze-1",
      "analyze-2",
      "analyze-3",
      "analyze-4",
      "analyze-5",
      "audio-1",
      "chunk-1",
      "chunk-2",
      "chunk-3",
      "chunk-4",
      "chunk-5",
      "output-0",
      "output-1-package",
    ]);
    expect(taskOf(state, "chunk-1")).toMatchObject({
      outputIndexes: [0, 1],
      dependsOn: ["analyze-*"],
      work: {
        threads: 1,
        isExact: false,
        parts: [
          { taskId: "output-0", variant: 0, startFrame: 0, endFrame: 540 },
          { taskId: "output-1-package", variant: 0 },
          { taskId: "output-1-package", variant: 1 },
        ],
      },
    });
    expect(taskOf(state, "audio-1")).toMatchObject({
      outputIndexes: [0, 1],
      work: { kind: "encode", to: "work", rendition: { video: null } },
    });
    expect(taskOf(state, "output-0").dependsOn).toEqual(["chunk-*", "audio-1"]);
  });

  it("analyzes nothing when no picture has a bitrate", () => {
    const state = anIngestedJob({ outputs: [aQualityVideo("/a.mp4")] }, aLongSource());
    expect(ids(state).some((id) => id.startsWith("analyze"))).toBe(false);
    expect(taskOf(state, "chunk-1").dependsOn).toEqual([]);
  });

  it("encodes each distinct sound once", () => {
    const outputs = [
      aQualityVideo("/a.mp4"),
      aQualityVideo("/b.mp4", { audioBps: 64_000 }),
      aQualityVideo("/c.mp4"),
    ];
    const state = anIngestedJob({ outputs }, aLongSource());
    expect(taskOf(state, "audio-1").outputIndexes).toEqual([0, 2]);
    expect(taskOf(state, "audio-2").outputIndexes).toEqual([1]);
    expect(taskOf(state, "output-2").dependsOn).toEqual(["chunk-*", "audio-1"]);
  });

  it("encodes an output that shows only a part of the source whole, beside the chunks of the others", () => {
    const outputs = [aQualityVideo("/a.mp4"), aQualityVideo("/b.mp4", { durationSeconds: 30 })];
    const state = anIngestedJob({ outputs }, aLongSource());
    expect(taskOf(state, "output-1").work).toMatchObject({ kind: "encode", to: "destination" });
    expect(taskOf(state, "output-0").work.kind).toBe("assemble");
    expect(taskOf(state, "chunk-1").outputIndexes).toEqual([0]);
  });

  it("encodes sound alone whole, and takes a stream's sound from the shared encode", () => {
    const video = aVideo({ path: "/a.mp4" });
    const sound =
      video.type === "video" ? { ...video, rendition: { ...video.rendition, video: null } } : video;
    const stream = aStream();
    const variants = stream.type === "httpstream" ? stream.variants : [];
    const withSound = aStream({
      variants: [...variants, ...variants.slice(0, 1).map((v) => ({ ...v, video: null }))],
    });
    const state = anIngestedJob({ outputs: [sound, withSound] }, aLongSource());
    expect(taskOf(state, "output-0").work).toMatchObject({ kind: "encode", to: "destination" });
    expect(taskOf(state, "output-1-package").work).toMatchObject({
      renditions: [
        { files: { type: "chunked", group: "chunk", audioTaskId: "audio-1" } },
        { files: { type: "chunked", group: "chunk", audioTaskId: "audio-1" } },
        { files: { type: "whole", taskId: "audio-1" } },
      ],
    });
  });

  it("gives few chunks the threads that would idle, and many one each", () => {
    const threads = (slots: number) =>
      anIngestedJob({ outputs: [aQualityVideo("/a.mp4")] }, aLongSource(), slots).tasks.flatMap(({ work }) =>
        work.kind === "chunk" ? [work.threads] : [],
      );
    expect(threads(2)).toEqual([1, 1]);
    expect(threads(16)).toEqual([5, 5, 5, 5, 5]);
  });

  it("counts all encoders of an ultrafast job", () => {
    const count = (ultrafast: boolean) =>
      anIngestedJob({ ultrafast, outputs: [aQualityVideo("/a.mp4")] }, aLongSource(600), 2).tasks.filter(
        ({ work }) => work.kind === "chunk",
      ).length;
    expect(count(false)).toBe(12);
    expect(count(true)).toBe(16);
  });
});
