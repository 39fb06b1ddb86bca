import { describe, expect, it } from "vitest";
import type { JobState } from "../../../../../worker/domain/job-record.ts";
import type { OutputRequest, RenditionFormat } from "../../../../../worker/domain/job-spec.ts";
import {
  SHORT_SOURCE,
  aFormat,
  aLongSource,
  aMediaInfo,
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
      "output-1-audio-1",
      "output-1-sound-1",
      "output-1-segment-1",
      "output-1-segment-2",
      "output-1-package",
      "output-2",
    ]);
  });

  it("analyzes and encodes chunks once, sound for files and streams, and joins per output, when the source is long", () => {
    const state = anIngestedJob({ outputs: [aVideo(), aStream(), anImage()] }, aLongSource(90), 2);
    expect(ids(state)).toEqual([
      "ingest",
      "output-2",
      "analyze-1",
      "analyze-2",
      "analyze-3",
      "analyze-4",
      "audio-1",
      "audio-2",
      "chunk-1",
      "chunk-2",
      "chunk-3",
      "chunk-4",
      "output-0",
      "output-1-sound-1",
      ...[1, 2, 3, 4].map((number) => `output-1-segment-${number}`),
      "output-1-package",
    ]);
    expect(taskOf(state, "chunk-1")).toMatchObject({
      outputIndexes: [0, 1],
      dependsOn: ["analyze-*"],
      work: {
        threads: 1,
        isExact: false,
        parts: [
          { taskId: "output-0", variant: 0, startFrame: 0, endFrame: 720 },
          { taskId: "output-1-package", variant: 0 },
          { taskId: "output-1-package", variant: 1 },
        ],
      },
    });
    expect(taskOf(state, "audio-1")).toMatchObject({
      outputIndexes: [0],
      work: { kind: "encode", to: "work", rendition: { video: null, span: { durationSeconds: null } } },
    });
    // A stream's sound ends with its picture.
    expect(taskOf(state, "audio-2")).toMatchObject({
      outputIndexes: [1],
      work: { kind: "encode", to: "work", rendition: { video: null, span: { durationSeconds: 90 } } },
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
      stream: { sounds: [{ isRung: true, folders: { transport: "media-3" } }] },
      pictures: [
        { type: "chunked", group: "chunk" },
        { type: "chunked", group: "chunk" },
      ],
    });
    expect(taskOf(state, "output-1-sound-1").work).toMatchObject({ fileTaskId: "audio-1" });
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

  describe("of a stream", () => {
    const both = {
      hls: { path: "/hls", version: 4, isLiveEdge: false, encryption: null },
      dash: { path: "/dash", hasHls: true, encryption: null },
    } as const;
    const work = (state: JobState, taskId: string) => taskOf(state, taskId).work;

    it("cuts each stretch when its chunks and its sound are done, and writes manifests last", () => {
      const state = anIngestedJob({ outputs: [aStream(both)] }, aLongSource(90), 2);
      const stretches = state.tasks.flatMap((task) =>
        task.work.kind === "segment" ? [{ ...task.work, dependsOn: task.dependsOn }] : [],
      );
      expect(stretches.map(({ firstNumber }) => firstNumber)).toEqual([0, 7]);
      expect(stretches.map(({ dependsOn }) => dependsOn)).toEqual([
        ["chunk-1", "output-0-sound-1"],
        ["chunk-2", "output-0-sound-1"],
      ]);
      expect(stretches.map(({ pictures }) => pictures)).toEqual([
        [0, 1],
        [0, 1],
      ]);
      expect(work(state, "output-0-sound-1")).toMatchObject({ fileTaskId: "audio-1", borderSeconds: [42] });
      expect(taskOf(state, "output-0-package").dependsOn).toEqual([
        "chunk-*",
        "output-0-package-segment-*",
        "output-0-sound-1",
      ]);
    });

    it("lets the sound change with the first picture of a stretch, whatever its rate", () => {
      const [variant] = streamVariants();
      const rate = { num: 24_000, den: 1001 };
      const slow = variant && { ...variant, video: variant.video && { ...variant.video, frameRate: rate } };
      const outputs = [aStream({ variants: slow === undefined ? [] : [slow] })];
      const state = anIngestedJob({ outputs }, aLongSource(90), 2);
      // 42 s are 1006.99 frames.
      expect(work(state, "output-0-sound-1")).toMatchObject({ borderSeconds: [(1007 * 1001) / 24_000] });
      expect(work(state, "output-0-segment-2")).toMatchObject({ firstNumber: 7 });
    });

    it("decodes a short source once for all pictures, with all slots, and leaves plain files whole", () => {
      const source = { ...aLongSource(20), timeline: aLongSource(20).timeline };
      const rated = streamVariants().map((variant) => ({
        ...variant,
        video: variant.video && {
          ...variant.video,
          rate: { mode: "bitrate", bitrateBps: 900_000, passes: 1 },
        },
      }));
      const outputs = [aStream({ ...both, variants: rated as RenditionFormat[] }), aQualityVideo("/a.mp4")];
      const state = anIngestedJob({ outputs }, source, 8);
      expect(ids(state)).toEqual([
        ...["ingest", "output-1", "audio-1", "chunk-1", "output-0-sound-1", "output-0-segment-1"],
        "output-0-package",
      ]);
      expect(taskOf(state, "chunk-1")).toMatchObject({
        dependsOn: [],
        outputIndexes: [0],
        work: { threads: 12, span: { start: null, end: null }, parts: [{ variant: 0 }, { variant: 1 }] },
      });
      expect(work(state, "output-1")).toMatchObject({ kind: "encode", to: "destination" });
      expect(work(state, "output-0-sound-1")).toMatchObject({ borderSeconds: [] });
    });

    it("encodes a part of the source whole, each picture and each sound once", () => {
      const outputs = [aStream({ ...both, offsetSeconds: 10, durationSeconds: 30 })];
      const state = anIngestedJob({ outputs }, aLongSource(90), 2);
      expect(work(state, "output-0-variant-1")).toMatchObject({
        to: "work",
        rendition: {
          container: "mp4",
          audio: null,
          span: { startSeconds: 10, durationSeconds: 30 },
          isFragmented: true,
          keepsMetadata: false,
        },
      });
      expect(work(state, "output-0-audio-1")).toMatchObject({
        rendition: { video: null, span: { startSeconds: 10 } },
      });
      expect(taskOf(state, "output-0-segment-2")).toMatchObject({
        dependsOn: ["output-0-variant-2", "output-0-sound-1"],
        work: { index: 0, firstNumber: 0, spanSeconds: 30, pictures: [1] },
      });
    });

    it("packages sound alone", () => {
      const sound = aFormat({ video: null });
      const outputs = [aStream({ ...both, variants: [sound] })];
      const state = anIngestedJob({ outputs }, aLongSource(90), 2);
      expect(ids(state)).toEqual(["ingest", "output-0-audio-1", "output-0-sound-1", "output-0-package"]);
      expect(work(state, "output-0-sound-1")).toMatchObject({ borderSeconds: null });
    });

    it("needs no pieces of a sound that no transport stream is muxed with", () => {
      const state = anIngestedJob({ outputs: [aStream({ ...both, hls: null })] }, aLongSource(90), 2);
      expect(work(state, "output-0-sound-1")).toMatchObject({ borderSeconds: null });
      expect(taskOf(state, "output-0-segment-1").dependsOn).toEqual(["chunk-1"]);
    });

    it("lists the manifests in the order of their formats", () => {
      const state = anIngestedJob({ outputs: [aStream(both)] }, aLongSource(90), 2);
      expect(state.record.outputs[0]?.keys).toEqual([
        "hls/master.m3u8",
        "dash/master.mpd",
        "dash/master.m3u8",
      ]);
    });

    it("makes as many keys as the length needs", () => {
      const encryption = { keys: 0, keyUri: null, segmentsPerKey: 4 };
      const outputs = [aStream({ hls: { ...both.hls, encryption } })];
      const state = anIngestedJob({ outputs }, aLongSource(90), 2);
      // 15 segments, and one more where borders are rounded.
      expect(work(state, "output-0-package")).toMatchObject({
        stream: { transport: { encryption: { keyCount: 4 } } },
      });
    });

    it("lays tracks where Coconut's packages have them", () => {
      const label = { title: null, isForced: false };
      const { audio } = aMediaInfo();
      const source = {
        ...aLongSource(90),
        media: aMediaInfo({
          durationSeconds: 90,
          audioTracks:
            audio === null
              ? []
              : [
                  { ...audio, ...label, language: "en", isDefault: true },
                  { ...audio, ...label, streamIndex: 2, language: null, isDefault: false },
                ],
          subtitleTracks: ["en", "en", "de"].map((language, index) => ({
            ...{ streamIndex: 3 + index, codec: "mov_text", language, isDefault: false },
            ...label,
          })),
        }),
      };
      const [small, large] = streamVariants();
      const hevc = aFormat({
        video: aPictureFormat({ codec: "hevc", resolution: { widthPx: null, heightPx: 480 } }),
      });
      const variants = [small, hevc, large, small && { ...small, video: null }].flatMap((v) => v ?? []);
      const tracks = { audioTracks: "all", subtitles: { tracks: "all", files: [] } } as const;
      const outputs = [aStream({ ...both, ...tracks, subtitles: { tracks: "all", files: [] }, variants })];
      const planned = work(anIngestedJob({ outputs }, source, 2), "output-0-package");
      const stream = planned.kind === "package" ? planned.stream : null;
      expect(stream?.pictures.map(({ folders }) => folders)).toEqual([
        { transport: "media-1", fragments: "video/avc1/1" },
        { transport: "media-2", fragments: "video/hvc1/1" },
        { transport: "media-3", fragments: "video/avc1/2" },
      ]);
      expect(stream?.sounds.map(({ folders }) => folders)).toEqual([
        { transport: "media-4", fragments: "audio/en/mp4a.40.2/1" },
        { transport: "media-5", fragments: "audio/und/mp4a.40.2/1" },
      ]);
      expect(stream?.subtitles.map(({ folder }) => folder)).toEqual(["text/en-1", "text/en-2", "text/de-1"]);
    });

    it("refuses a package where another output is written, and takes two packages in one folder that share nothing", () => {
      const statuses = (outputs: OutputRequest[]) =>
        anIngestedJob({ outputs }, aLongSource(90), 2).record.outputs.map(
          ({ status, failure }) => failure?.code ?? status,
        );
      const dash = { ...both.dash, path: "/{{ input.format }}" };
      const hls = { ...both.hls, path: "/{{ input.format }}" };
      expect(statuses([aStream({ hls, dash: { ...dash, hasHls: false } })])).toEqual(["queued"]);
      expect(statuses([aStream({ hls, dash })])).toEqual(["output_path_taken"]);
      expect(statuses([aStream({ hls }), aStream({ hls, playlistName: "other" })])).toEqual([
        "queued",
        "output_path_taken",
      ]);
      const inside = aVideo({ path: "/hls/media-1/{{ input.format }}.mp4" });
      expect(statuses([aStream(both), inside])).toEqual(["queued", "output_path_taken"]);
    });

    it.each([
      ["/hls/%05d.jpg", 4, "../hls/$Number%05d$.jpg"],
      ["/dash/1/t 2-%d.jpg", 4, "1/t%202-$Number$.jpg"],
      ["/one.jpg", null, "../one.jpg"],
    ])("names the sprites of the job in its manifests: %s", (path, limit, template) => {
      const image = anImage({
        path,
        sampling: { by: "interval", seconds: 10 },
        sprite: { columns: 2, limit },
      });
      const planned = work(
        anIngestedJob({ outputs: [aStream(both), image] }, aLongSource(90), 2),
        "output-0-package",
      );
      expect(planned.kind === "package" && planned.stream.fragments?.tiles).toEqual({
        outputIndex: 1,
        template,
        startNumber: 1,
        columns: 2,
        rowsPerFile: limit === null ? 5 : 2,
        tileWidthPx: 320,
        tileHeightPx: 180,
        secondsPerTile: 10,
        mimeType: "image/jpeg",
      });
    });

    it.each<[string, Parameters<typeof anImage>[0]]>([
      ["are no sprites", { sampling: { by: "interval", seconds: 10 } }],
      [
        "are of no steady pace",
        { sampling: { by: "offsets", seconds: [0, 5, 7] }, sprite: { columns: 2, limit: null } },
      ],
      ["begin late", { sampling: { by: "number", count: 4 }, sprite: { columns: 2, limit: null } }],
      [
        "leave gaps in their files",
        { sampling: { by: "interval", seconds: 10 }, sprite: { columns: 2, limit: 3 } },
      ],
    ])("names no pictures that %s", (_, change) => {
      const outputs = [anImage(change), aStream(both)];
      const planned = work(anIngestedJob({ outputs }, aLongSource(90), 2), "output-1-package");
      expect(planned.kind === "package" && planned.stream.fragments?.tiles).toBeNull();
    });

    it("fails with the reason when the source lacks what is asked for", () => {
      const state = anIngestedJob({ outputs: [aStream({ audioTracks: ["ja"] })] }, aLongSource(90), 2);
      expect(state.record.outputs[0]).toMatchObject({
        status: "failed",
        failure: { code: "audio_track_not_found" },
      });
    });
  });
});

function streamVariants(): RenditionFormat[] {
  const stream = aStream();
  return stream.type === "httpstream" ? stream.variants : [];
}
