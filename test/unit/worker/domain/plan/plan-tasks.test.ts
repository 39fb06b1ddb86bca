import { describe, expect, it } from "vitest";
import type { JobState } from "../../../../../worker/domain/job-record.ts";
import {
  SHORT_SOURCE,
  aFormat,
  aLongSource,
  aPictureFormat,
  aSoundFormat,
  aStream,
  aVideo,
  anAnimation,
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

  it("encodes sound that MP4 does not carry into Matroska, for the outputs that join it", () => {
    const webm = aFormat({
      container: "webm",
      video: aPictureFormat({ codec: "av1" }),
      audio: aSoundFormat({ codec: "vorbis" }),
    });
    const outputs = [aVideo({ path: "/a.webm", rendition: webm }), aQualityVideo("/b.mp4")];
    const state = anIngestedJob({ outputs }, aLongSource());
    expect(taskOf(state, "audio-1").work).toMatchObject({ rendition: { container: "mkv" } });
    expect(taskOf(state, "audio-2").work).toMatchObject({ rendition: { container: "mp4" } });
    expect(taskOf(state, "output-0").work).toMatchObject({
      kind: "assemble",
      rendition: { container: "webm" },
    });
  });

  it("copies whole, sound beside an encoded picture too", () => {
    const copy = { codec: "copy" } as const;
    const outputs = [
      aVideo({ path: "/a.mp4", rendition: aFormat({ audio: copy }) }),
      aVideo({ path: "/b.mp4", rendition: aFormat({ video: copy }) }),
    ];
    const state = anIngestedJob({ outputs }, aLongSource());
    expect(ids(state)).toEqual(["ingest", "output-0", "output-1"]);
  });

  it("plans pictures with their WebVTT file, listed last", () => {
    const state = anIngestedJob({ outputs: [anImage({ vtt: { filename: "list.vtt" } })] }, SHORT_SOURCE);
    const pictures = ["thumb_01.jpg", "thumb_02.jpg", "thumb_03.jpg"];
    expect(state.record.outputs[0]?.keys).toEqual([...pictures, "list.vtt"]);
    expect(taskOf(state, "output-0").work).toMatchObject({
      kind: "image",
      keys: pictures,
      vtt: { key: "list.vtt", durationSeconds: 20 },
    });
  });

  it("plans a moving picture as one file", () => {
    const state = anIngestedJob({ outputs: [anAnimation()] }, SHORT_SOURCE);
    expect(state.record.outputs[0]?.keys).toEqual(["preview.gif"]);
    expect(taskOf(state, "output-0").work).toMatchObject({ kind: "animation", key: "preview.gif" });
  });

  it("fills the variables of paths", () => {
    const outputs = [aVideo({ path: "/{{ input.width }}x{{input.height}}/video.mp4" })];
    const state = anIngestedJob({ outputs }, SHORT_SOURCE);
    expect(state.record.outputs[0]).toMatchObject({ status: "queued", keys: ["1280x720/video.mp4"] });
  });

  it("fails the second of two outputs whose variables come to the same path", () => {
    const outputs = [
      aVideo({ path: "/{{ input.width }}.mp4" }),
      aVideo({ path: "/{{ input.metadata.streams.0.width }}.mp4" }),
    ];
    const state = anIngestedJob({ outputs }, SHORT_SOURCE);
    expect(state.record.outputs.map(({ status }) => status)).toEqual(["queued", "failed"]);
    expect(state.record.outputs[1]?.failure?.code).toBe("output_path_taken");
  });

  it("fails an output whose path its variables make too long", () => {
    const path = `/${"{{ input.mime_type }}".repeat(120)}.mp4`;
    const state = anIngestedJob({ outputs: [aVideo({ path }), aVideo()] }, SHORT_SOURCE);
    expect(state.record.outputs.map(({ status }) => status)).toEqual(["failed", "queued"]);
    expect(state.record.outputs[0]?.failure).toMatchObject({ code: "output_path_unusable" });
  });
});
