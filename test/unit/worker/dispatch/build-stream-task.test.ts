import { createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { ObjectStoreConfig } from "../../../../encoder/contract/object-store.ts";
import { taskSchema, type Task } from "../../../../encoder/contract/task.ts";
import { buildTask } from "../../../../worker/dispatch/build-task.ts";
import type { JobState } from "../../../../worker/domain/job-record.ts";
import type { JobSpec, OutputRequest } from "../../../../worker/domain/job-spec.ts";
import { BEFORE_PACKAGE, finishAll, runAll } from "../../../support/chunked-job.ts";
import {
  aLongSource,
  aMediaInfo,
  aStream,
  anImage,
  anIngestedJob,
  taskOf,
} from "../../../support/job-builders.ts";

const KEY = "00112233445566778899aabbccddeeff";
const SEED = KEY + KEY;
const secrets = {
  inputUrl: "https://a.example/v",
  notificationUrl: "",
  watermarkUrls: [],
  subtitleUrls: ["https://a.example/de.srt"],
  streamKeys: [[KEY], [SEED]],
  storageCredentials: { accessKeyId: "id", secretAccessKey: "secret" },
};
const context = {
  secrets,
  masterKey: { bytes: new Uint8Array(32) },
  gatewayOrigin: "https://copra.example.com",
};

const hls = { path: "/hls", version: 4, isLiveEdge: false, encryption: null } as const;
const dash = { path: "/dash", hasHls: true, encryption: null } as const;
const HOSTED = "hosted/23/09/0123456789abcdef0123456789abcdef";

function aSource() {
  const { media, timeline } = aLongSource();
  const label = { codec: "subrip", title: null, isForced: false, isDefault: false };
  const subtitleTracks = [{ ...label, streamIndex: 2, language: "en" }];
  return { timeline, media: aMediaInfo({ durationSeconds: media.durationSeconds, subtitleTracks }) };
}

const aStreamJob = (
  stream: Parameters<typeof aStream>[0],
  more: OutputRequest[] = [],
  spec: Partial<JobSpec> = {},
) => anIngestedJob({ outputs: [aStream({ hls, dash, ...stream }), ...more], ...spec }, aSource(), 3);
const cut = (state: JobState) => runAll(state, { kinds: [...BEFORE_PACKAGE, "image"], source: aSource() });

async function build<Kind extends Task["kind"]>(
  state: JobState,
  taskId: string,
  kind: Kind,
): Promise<Extract<Task, { kind: Kind }>> {
  const task = await buildTask(state, { ...taskOf(state, taskId), attempt: 2 }, context);
  expect(taskSchema.safeParse(task).error).toBeUndefined();
  if (task.kind !== kind) {
    throw new TypeError(`${taskId} is a ${task.kind}.`);
  }
  // SAFETY: the check above is that of the type.
  return task as Extract<Task, { kind: Kind }>;
}

describe("buildTask of a stream", () => {
  it("cuts a stretch of all pictures, with the piece of the sound that belongs to it", async () => {
    const task = await build(cut(aStreamJob({})), "output-0-segment-2", "segment");
    expect(task).toMatchObject({
      firstNumber: 5,
      spanSeconds: 30,
      transport: { prefix: `${HOSTED}/hls`, encryption: null },
      fragments: { prefix: `${HOSTED}/dash`, encryption: null },
    });
    expect(task.pictures).toMatchObject([
      {
        type: "chunk",
        codec: "h264",
        file: { key: "work/AbCdEfGhIjKlMn/chunk-2/1/0.mp4" },
        sound: { key: "work/AbCdEfGhIjKlMn/output-0-sound-1/1/1.mp4" },
        folders: { transport: "media-1", fragments: "video/avc1/1" },
      },
      { file: { key: "work/AbCdEfGhIjKlMn/chunk-2/1/1.mp4" }, folders: { transport: "media-2" } },
    ]);
  });

  it("muxes no sound for fragments alone", async () => {
    const task = await build(cut(aStreamJob({ hls: null })), "output-0-segment-1", "segment");
    expect(task).toMatchObject({ transport: null, pictures: [{ sound: null }, { sound: null }] });
  });

  it("cuts sound where stretches meet, into pieces of its own attempt", async () => {
    const task = await build(cut(aStreamJob({})), "output-0-sound-1", "segment-sound");
    expect(task).toMatchObject({
      file: { key: "work/AbCdEfGhIjKlMn/audio-1/1/rendition.mp4" },
      pieces: {
        borderSeconds: [30, 60],
        keys: [0, 1, 2].map((piece) => `work/AbCdEfGhIjKlMn/output-0-sound-1/2/${piece}.mp4`),
      },
      folders: { transport: null, fragments: "audio/und/mp4a.40.2/1" },
    });
  });

  it("makes subtitles of a track and of a file, for every package that can name them", async () => {
    const files = [{ source: 0, language: "de", name: "German", isDefault: false, isForced: false }];
    const state = aStreamJob({ subtitles: { tracks: "all", files } });
    expect(await build(state, "output-0-subtitle-1", "subtitle")).toMatchObject({
      source: { url: "https://a.example/v" },
      streamIndex: 2,
      targets: [
        { object: { key: `${HOSTED}/hls/text/en-1/subtitles.vtt` }, isTransport: true },
        { object: { key: `${HOSTED}/dash/text/en-1/subtitles.vtt` }, isTransport: false },
      ],
    });
    expect(await build(state, "output-0-subtitle-2", "subtitle")).toMatchObject({
      source: { url: "https://a.example/de.srt" },
      streamIndex: null,
    });
    const old = aStreamJob({ subtitles: { tracks: "all", files: [] }, hls: { ...hls, version: 3 } });
    const task = await build(old, "output-0-subtitle-1", "subtitle");
    expect(task.targets.map(({ isTransport }) => isTransport)).toEqual([false]);
  });

  it("writes manifests of all that was published", async () => {
    const task = await build(cut(aStreamJob({})), "output-0-package", "package");
    expect(task).toMatchObject({
      isOpen: false,
      packages: {
        playlistName: "master",
        transport: { prefix: `${HOSTED}/hls`, version: 4, keys: null },
        fragments: { prefix: `${HOSTED}/dash`, hasHls: true, licenses: null, tiles: null },
      },
    });
    expect(task.ladder.pictures.map((picture) => picture.transport?.segments.length)).toEqual([15, 15]);
  });

  it("names thumbnails only when they are there", async () => {
    const image = anImage({ sampling: { by: "interval", seconds: 10 }, sprite: { columns: 2, limit: null } });
    const state = aStreamJob({}, [image]);
    const made = cut(state);
    const withTiles = await build(made, "output-0-package", "package");
    expect(withTiles.packages.fragments?.tiles).toMatchObject({ template: "../thumb_01.jpg", columns: 2 });
    const tasks = made.tasks.map((task) =>
      task.taskId === "output-1" ? { ...task, status: "failed" as const } : task,
    );
    const without = await build({ ...made, tasks }, "output-0-package", "package");
    expect(without.packages.fragments?.tiles).toBeNull();
  });

  it("writes open playlists of the stretches that there are", async () => {
    const state = finishAll(
      runAll(aStreamJob({ hls: { ...hls, isLiveEdge: true } }), { kinds: ["encode", "segment-sound"] }),
      [...["chunk-1", "output-0-segment-1"]],
    );
    const task = await build(state, "output-0-open-1", "package");
    expect(task.isOpen).toBe(true);
    expect(task.ladder.pictures[0]?.transport?.segments).toHaveLength(1);
    expect(cacheOf(task.packages.transport?.store)).toBe("public, max-age=2");
  });

  it("gives segments one key that the customer's players find", async () => {
    const encryption = { keys: 0, keyUri: "https://keys.example/1", segmentsPerKey: null };
    const state = cut(aStreamJob({ hls: { ...hls, encryption } }));
    const segment = await build(state, "output-0-segment-1", "segment");
    expect(segment.transport?.encryption).toEqual({ keys: [KEY], segmentsPerKey: null });
    const task = await build(state, "output-0-package", "package");
    expect(task.packages.transport?.keys).toEqual({
      uris: ["https://keys.example/1"],
      values: [KEY],
      segmentsPerKey: null,
      stored: [],
    });
  });

  it("stores the keys of a stream that changes them beside its media", async () => {
    const encryption = { keys: 1, keyUri: null, segmentsPerKey: 8 };
    const state = cut(aStreamJob({ hls: { ...hls, encryption } }));
    const keys = [0, 1].map((number) =>
      createHmac("sha256", Buffer.from(SEED, "hex")).update(`key-${number}`).digest("hex").slice(0, 32),
    );
    const segment = await build(state, "output-0-segment-1", "segment");
    expect(segment.transport?.encryption).toEqual({ keys, segmentsPerKey: 8 });
    const task = await build(state, "output-0-package", "package");
    expect(task.packages.transport?.keys).toEqual({
      uris: ["../keys/0.key", "../keys/1.key"],
      values: keys,
      segmentsPerKey: 8,
      stored: keys.map((value, number) => ({ key: `${HOSTED}/hls/keys/${number}.key`, value })),
    });
  });

  it("encrypts fragments under one key, and tells players where to ask for it", async () => {
    const encryption = {
      ...({ scheme: "cbcs", keys: 0, keyId: KEY, fairplay: null, clearkey: null } as const),
      widevine: { pssh: "AAAA", licenseUrl: null },
      playready: { pssh: null, licenseUrl: "https://pr.example" },
    };
    const state = cut(aStreamJob({ dash: { ...dash, encryption } }));
    const segment = await build(state, "output-0-segment-1", "segment");
    expect(segment.fragments?.encryption).toEqual({ scheme: "cbcs", key: KEY, keyId: KEY, pssh: ["AAAA"] });
    const task = await build(state, "output-0-package", "package");
    const licenses = task.packages.fragments?.licenses;
    expect(licenses).toMatchObject({
      scheme: "cbcs",
      keyId: KEY,
      playready: { licenseUrl: "https://pr.example" },
    });
    expect(JSON.stringify(licenses)).not.toContain("streamKeys");
  });

  it.each([
    [null, "public, max-age=86400", "public, max-age=60"],
    [{}, "public, max-age=86400", "public, max-age=60"],
    [{ "cache-control": "no-store" }, "no-store", "no-store"],
    [{ expires: "Thu, 01 Jan 2099 00:00:00 GMT" }, undefined, undefined],
  ])(
    "lets caches keep media for long and manifests for a minute, unless the customer says: %j",
    async (objectHeaders, media, manifest) => {
      const storage: JobSpec["storage"] =
        objectHeaders === null
          ? { service: "coconut", path: "/" }
          : {
              ...({
                service: "s3",
                endpoint: "https://s3.amazonaws.com",
                region: "us-east-1",
                bucket: "b",
              } as const),
              ...({ addressing: "virtual-host", path: "/", secure: true } as const),
              objectHeaders: objectHeaders,
            };
      const state = cut(aStreamJob({}, [], { storage }));
      const segment = await build(state, "output-0-segment-1", "segment");
      const task = await build(state, "output-0-package", "package");
      expect(cacheOf(segment.transport?.store)).toBe(media);
      expect(cacheOf(task.packages.fragments?.store)).toBe(manifest);
    },
  );
});

const cacheOf = (store: ObjectStoreConfig | undefined) => store?.objectHeaders["cache-control"];
