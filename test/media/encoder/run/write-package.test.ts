import { mkdtemp, readFile, writeFile, mkdir, readdir } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { Agent } from "undici";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { TaskResult } from "../../../../encoder/contract/report.ts";
import type { Ladder, Packages } from "../../../../encoder/contract/stream.ts";
import type { PackageTask } from "../../../../encoder/contract/task.ts";
import { locateFfmpeg } from "../../../../encoder/run/locate-ffmpeg.ts";
import { runTask, type TaskOutcome } from "../../../../encoder/run/run-task.ts";
import { createScratchSpace } from "../../../../encoder/run/scratch-space.ts";
import type { SourceCache } from "../../../../encoder/source/source-cache.ts";
import { createS3Store } from "../../../../encoder/storage/s3-store.ts";
import { aPackageTask } from "../../../support/encoder-tasks.ts";
import {
  aFragmentPackage,
  aLadderSubtitle,
  aTransportPackage,
  someLicenses,
} from "../../../support/ladders.ts";
import { makeTestDirectory } from "../../../support/make-clip.ts";
import { type LadderPlan, publishLadder } from "../../../support/published-ladder.ts";
import { type S3Sink, startS3Sink } from "../../../support/s3-sink.ts";
import { agreeWithParsers } from "../../../support/stream-lint/agree-with-parsers.ts";
import { packageSource } from "../../../support/stream-lint/lint-package.ts";
import { errorsOf, lintStream, type StreamAddresses } from "../../../support/stream-lint/lint-stream.ts";

const FIRST_KEY = "000102030405060708090a0b0c0d0e0f";
const SECOND_KEY = "f0e0d0c0b0a090807060504030201000";

const ONE_LANGUAGE = [{ hz: 440, language: "en", name: "English", isRung: true }];
const TWO_LANGUAGES = [...ONE_LANGUAGE, { hz: 880, language: "de", name: "Deutsch", isRung: false }];

let directory: Awaited<ReturnType<typeof makeTestDirectory>>;
let sink: S3Sink;
let plain: Published;

beforeAll(async () => {
  directory = await makeTestDirectory();
  sink = await startS3Sink();
  plain = await publish({ sounds: ONE_LANGUAGE });
});
beforeEach(() => {
  sink.intercept = () => null;
  sink.calls.length = 0;
});
afterAll(() => Promise.all([directory.remove(), sink.close()]));

type Published = { ladder: Ladder; media: Map<string, Buffer> };

async function publish(plan: Partial<LadderPlan>): Promise<Published> {
  const place = await mkdtemp(join(directory.path, "published-"));
  const ladder = await publishLadder(place, plan);
  const media = new Map<string, Buffer>();
  for (const entry of await readdir(place, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const name = relative(place, path);
    if (entry.isFile() && /^(transport|fragments)\//.test(name)) {
      media.set(name, await readFile(path));
    }
  }
  return { ladder, media };
}

/** Runs the task on what has been published, and nothing else, in the store. */
async function run({ ladder, media }: Published, changes: Partial<PackageTask>): Promise<TaskOutcome> {
  sink.objects.clear();
  for (const [name, bytes] of media) {
    sink.objects.set(`out/${name}`, { bytes, headers: {} });
  }
  const agent = new Agent();
  const sources: SourceCache = {
    acquire: () => Promise.reject(new Error("not part of this test")),
    releaseJob: () => undefined,
    usedBytes: () => 0,
  };
  const outcome = await runTask(aPackageTask({ ladder, packages: packages({}), ...changes }), {
    services: {
      tools: await locateFfmpeg(),
      sources,
      objects: createS3Store({ publicDispatcher: agent, ownDispatcher: agent, budgetMs: 5_000 }),
      scratch: createScratchSpace({ maxBytes: 1024 ** 3 }),
      sourceMaxSeconds: 60,
    },
    directory: directory.path,
    signal: new AbortController().signal,
    onProgress: () => undefined,
    log: () => undefined,
  });
  await agent.close();
  return outcome;
}

function packages(changes: Partial<Packages>): Packages {
  const store = sink.store;
  return {
    playlistName: "my-list",
    transport: aTransportPackage({ store, prefix: "out/transport" }),
    fragments: aFragmentPackage({ store, prefix: "out/fragments" }),
    ...changes,
  };
}

type PackageResult = Extract<TaskResult, { kind: "package" }>;

function manifestsOf(outcome: TaskOutcome): PackageResult["manifests"] {
  if (outcome.state !== "done" || outcome.result.kind !== "package") {
    throw new Error(`the task is ${JSON.stringify(outcome)}`);
  }
  return outcome.result.manifests;
}

/** Copies the store to the disk; gives the paths of the three manifests. */
async function download(): Promise<Required<StreamAddresses>> {
  const place = await mkdtemp(join(directory.path, "copy-"));
  for (const [key, { bytes }] of sink.objects) {
    await mkdir(dirname(join(place, key)), { recursive: true });
    await writeFile(join(place, key), bytes);
  }
  return {
    hls: join(place, "out/transport/my-list.m3u8"),
    dash: join(place, "out/fragments/my-list.mpd"),
    hlsfmp4: join(place, "out/fragments/my-list.m3u8"),
  };
}

async function expectSound(paths: Partial<Required<StreamAddresses>>, isOpen = false): Promise<void> {
  const addresses = Object.fromEntries(
    Object.entries(paths).map(([format, path]) => [format, `file://${path}`]),
  );
  expect(errorsOf(await lintStream(addresses, packageSource(), { isOpen }))).toEqual([]);
  for (const path of isOpen ? [] : Object.values(paths)) {
    expect(await agreeWithParsers(path)).toEqual([]);
  }
}

const puts = () => sink.calls.filter(({ method }) => method === "PUT").map(({ key }) => key);
const text = (key: string) => sink.objects.get(key)?.bytes.toString("utf8") ?? "";

describe("writePackage", () => {
  it("writes manifests of published media that every reader agrees on", async () => {
    const manifests = manifestsOf(await run(plain, {}));
    expect(manifests.map(({ format, key }) => [format, key])).toEqual([
      ["hls", "out/transport/my-list.m3u8"],
      ["dash", "out/fragments/my-list.mpd"],
      ["hlsfmp4", "out/fragments/my-list.m3u8"],
    ]);
    await expectSound(await download());
  });

  it("says what ffprobe reads of every rung", async () => {
    const manifests = manifestsOf(await run(plain, {}));
    const kinds = manifests.map(({ ffprobe }) =>
      ffprobe?.streams
        .map(({ codec_name: codec, height = null }) => JSON.stringify([codec, height]))
        .toSorted(),
    );
    const sound = '["aac",null]';
    const pictures = ['["h264",54]', '["h264",90]'];
    // Muxed with each picture, and alone; in fragmented MP4 once per variant that leads to it.
    expect(kinds[0]).toEqual([sound, sound, sound, ...pictures]);
    expect(kinds[1]).toEqual([sound, ...pictures]);
    expect(new Set(kinds[2])).toEqual(new Set([sound, ...pictures]));
  });

  it("publishes media playlists before the manifests that name them, with their content types", async () => {
    await run(plain, {});
    const written = puts();
    // In any order: none of the last ones names another.
    expect(written.slice(-3).toSorted()).toEqual([
      "out/fragments/my-list.m3u8",
      "out/fragments/my-list.mpd",
      "out/transport/my-list.m3u8",
    ]);
    expect(written).toContain("out/transport/media-1/iframes.m3u8");
    expect(written).toContain("out/fragments/video/avc1/2/stream.m3u8");
    const contentType = (key: string) =>
      sink.calls.find((call) => call.method === "PUT" && call.key === key)?.headers["content-type"];
    expect(contentType("out/transport/media-1/stream.m3u8")).toBe("application/vnd.apple.mpegurl");
    expect(contentType("out/fragments/my-list.mpd")).toBe("application/dash+xml");
  });

  it("offers the languages of a stream in every package", async () => {
    const published = await publish({ sounds: TWO_LANGUAGES });
    await run(published, {});
    await expectSound(await download());
    const master = text("out/transport/my-list.m3u8");
    expect(master).toContain('LANGUAGE="en",NAME="English",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="2"\n');
    expect(master).toMatch(/LANGUAGE="de",.*URI="media-4\/stream.m3u8"/);
  });

  it("names the keys of encrypted segments and stores those that lie beside them", async () => {
    const values = [FIRST_KEY, SECOND_KEY];
    const keys = { values, segmentsPerKey: 2 };
    const published = await publish({ sounds: ONE_LANGUAGE, keys });
    const transport = aTransportPackage({
      store: sink.store,
      prefix: "out/transport",
      keys: {
        ...keys,
        uris: ["../0.key", "../1.key"],
        stored: values.map((value, index) => ({ key: `out/transport/${index}.key`, value })),
      },
    });
    // A key for a segment that the source promised and did not have is stored for nobody.
    transport.keys?.stored.push({ key: "out/transport/2.key", value: FIRST_KEY });
    const manifests = manifestsOf(
      await run(published, { packages: packages({ transport, fragments: null }) }),
    );
    expect(manifests).toMatchObject([{ format: "hls", key: "out/transport/my-list.m3u8" }]);
    expect(manifests[0]?.ffprobe?.streams).toHaveLength(5);
    expect(puts()).not.toContain("out/transport/2.key");
    expect(puts().slice(0, 2).toSorted()).toEqual(["out/transport/0.key", "out/transport/1.key"]);
    expect(sink.objects.get("out/transport/1.key")?.bytes.toString("hex")).toBe(SECOND_KEY);
    const { hls } = await download();
    await expectSound({ hls });
    const list = text("out/transport/media-1/stream.m3u8");
    expect([...list.matchAll(/URI="([^"]*)",IV=0x0{31}(\d)/g)].map(([, uri, iv]) => `${uri} ${iv}`)).toEqual([
      "../0.key 0",
      "../0.key 1",
      "../1.key 2",
    ]);
  });

  it("names the key of encrypted fragments, and how each system gets it", async () => {
    const cenc = { key: FIRST_KEY, keyId: SECOND_KEY };
    const published = await publish({ sounds: ONE_LANGUAGE, cenc });
    const licenses = someLicenses({ scheme: "cenc", keyId: SECOND_KEY });
    const fragments = aFragmentPackage({ store: sink.store, prefix: "out/fragments", licenses });
    const outcome = await run(published, { packages: packages({ transport: null, fragments }) });
    const codecs = manifestsOf(outcome).map(({ ffprobe }) =>
      ffprobe?.streams.map((one) => one["codec_name"]),
    );
    expect(codecs.map((names) => new Set(names))).toEqual([
      new Set(["h264", "aac"]),
      new Set(["h264", "aac"]),
    ]);
    const { dash, hlsfmp4 } = await download();
    await expectSound({ dash, hlsfmp4 });
    expect(text("out/fragments/my-list.mpd")).toContain(
      'cenc:default_KID="f0e0d0c0-b0a0-9080-7060-504030201000"',
    );
    const iFrames = puts().filter((key) => key.includes("iframes"));
    expect(iFrames.map((key) => text(key).split("#EXT-X-KEY:METHOD=SAMPLE-AES-CTR,").length)).toEqual([2, 2]);
  });

  it("names subtitles and thumbnails beside the media", async () => {
    const subtitles = [
      aLadderSubtitle(),
      aLadderSubtitle({ folder: "text/en-2", name: "Forced", isForced: true }),
    ];
    const media = new Map(plain.media);
    for (const name of [
      "transport/text/en-1",
      "transport/text/en-2",
      "fragments/text/en-1",
      "fragments/text/en-2",
    ]) {
      media.set(`${name}/subtitles.vtt`, Buffer.from("WEBVTT\n\n00:01.000 --> 00:02.000\nHello\n"));
    }
    const tiles = {
      template: "../../tiles/$Number$.jpg",
      startNumber: 1,
      ...{ columns: 4, rowsPerFile: 2, tileWidthPx: 64, tileHeightPx: 36, secondsPerTile: 2 },
      mimeType: "image/jpeg",
    };
    const fragments = aFragmentPackage({ store: sink.store, prefix: "out/fragments", tiles });
    const ladder = { ...plain.ladder, subtitles };
    const outcome = await run({ ladder, media }, { packages: packages({ fragments }) });
    const counts = manifestsOf(outcome).map(
      ({ ffprobe }) => ffprobe?.streams.filter((one) => one["codec_type"] === "video").length,
    );
    expect(counts).toEqual([2, 2, 2]);
    await expectSound(await download());
  });

  it("writes playlists that may grow while the stream is open, and no DASH manifest", async () => {
    const cut = (track: Ladder["pictures"][number]["transport"]) =>
      track && { ...track, segments: track.segments.slice(0, 2) };
    const { pictures, sounds } = plain.ladder;
    const ladder = {
      ...plain.ladder,
      pictures: pictures.slice(1).map((one) => ({ ...one, transport: cut(one.transport), fragments: null })),
      sounds: sounds.map((one) => ({ ...one, fragments: null })),
    };
    const outcome = await run(
      { ...plain, ladder },
      { isOpen: true, packages: packages({ fragments: null }) },
    );
    expect(manifestsOf(outcome)).toEqual([
      { format: "hls", key: "out/transport/my-list.m3u8", ffprobe: null },
    ]);
    const { hls } = await download();
    await expectSound({ hls }, true);
    expect(text("out/transport/media-2/stream.m3u8")).not.toContain("segment-2.ts");
    expect(sink.calls.filter(({ method }) => method === "GET")).toEqual([]);
  });

  it("publishes nothing of a stream whose pictures are cut at different times", async () => {
    const [first, second] = plain.ladder.pictures;
    const pictures = [first, second && { ...second, transport: shifted(second.transport) }];
    const ladder = { ...plain.ladder, pictures: pictures.filter((one) => one !== undefined) };
    const outcome = await run({ ...plain, ladder }, {});
    expect(outcome).toEqual({ state: "failed", failure: { code: "output_check_failed" } });
    expect(puts()).toEqual([]);
  });

  it("publishes nothing when the media is not there", async () => {
    const media = new Map(plain.media);
    media.delete("transport/media-1/segment-1.ts");
    const outcome = await run({ ...plain, media }, {});
    expect(outcome).toEqual({ state: "failed", failure: { code: "output_check_failed" } });
    expect(puts()).toEqual([]);
  });

  it("packages without a look where a customer's credentials are for writing only", async () => {
    const store = { ...sink.store, network: "public" as const };
    sink.intercept = ({ method }) => (method === "GET" ? { httpStatus: 403, code: "AccessDenied" } : null);
    const transport = aTransportPackage({ store, prefix: "out/transport" });
    const outcome = await run(plain, { packages: packages({ transport, fragments: null }) });
    expect(manifestsOf(outcome)).toEqual([
      { format: "hls", key: "out/transport/my-list.m3u8", ffprobe: null },
    ]);
    await expectSound({ hls: (await download()).hls });
  });
});

function shifted(track: Ladder["pictures"][number]["transport"]) {
  const [first, second, ...others] = track?.segments ?? [];
  const moved = [first && { ...first, durationTicks: first.durationTicks + 9_000 }, second, ...others];
  return track && { ...track, segments: moved.filter((segment) => segment !== undefined) };
}
