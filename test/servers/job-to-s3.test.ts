/** Whole jobs whose storage is a customer's S3 bucket: real encoders, the real Worker, a server that checks signatures. */
import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import HLS from "hls-parser";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadSecrets } from "../../worker/cli/dev-state.ts";
import { type JobView, type OutputView, outputOf } from "../support/job-client.ts";
import { frameTimes, lavfi, makeClip, probeEntry, samples } from "../support/make-clip.ts";
import { readStoredState } from "../support/stored-objects.ts";
import { startSwiftServer, type SwiftServer } from "../support/swift-server.ts";
import { startLocalService, type LocalService } from "./local-service.ts";
import { signedClient, type SignedClient } from "./signed-client.ts";

const BUCKET = "customer";
const FRAME_COUNT = 8 * 25;
const CACHE_CONTROL = "public, max-age=86400";

let swift: SwiftServer;
let client: SignedClient;
let local: LocalService;
let sourceUrl: string;

beforeAll(async () => {
  [swift, local] = await Promise.all([startSwiftServer(), startLocalService()]);
  client = signedClient(swift);
  await client.createBucket(BUCKET);
  const picture = lavfi("testsrc2=size=640x360:rate=25:duration=8");
  const tone = lavfi("sine=frequency=440:sample_rate=48000:duration=8");
  const codecs = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac"];
  sourceUrl = await local.serve(
    await makeClip(local.directory, "source.mp4", [...picture, ...tone, ...codecs]),
  );
});

afterAll(async () => {
  await Promise.all([local?.stop(), swift?.stop()]);
});

/** The storage section of a customer who has this bucket. */
function aStorage(overrides: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    service: "s3other",
    endpoint: swift.endpoint,
    region: swift.region,
    bucket: BUCKET,
    force_path_style: true,
    credentials: { access_key_id: swift.accessKeyId, secret_access_key: swift.secretAccessKey },
    ...overrides,
  };
}

function runJob(
  storage: Record<string, unknown>,
  outputs: Record<string, unknown>,
  url = sourceUrl,
): Promise<JobView> {
  return local.runJob({ input: { url }, storage, outputs });
}

/** Every address that an output reports. */
function urlsOf(output: OutputView): string[] {
  // SAFETY: the two shapes of the API, of images and of streams.
  const listed = (output.urls ?? []) as (string | { url: string })[];
  return [
    ...(output.url === undefined ? [] : [output.url]),
    ...listed.map((entry) => (typeof entry === "string" ? entry : entry.url)),
  ];
}

/** Bucket and key of an address, as the signed client takes them. */
function pathOf(url: string): string {
  expect(url.startsWith(`${swift.endpoint}/${BUCKET}/`)).toBe(true);
  return url.slice(swift.endpoint.length + 1);
}

async function headOf(url: string): Promise<{ status: number; type: string | null; caching: string | null }> {
  const { status, headers } = await client.send(pathOf(url), { method: "HEAD" });
  return { status, type: headers.get("content-type"), caching: headers.get("cache-control") };
}

/** Reads an object the way a program without keys does, and keeps it as a file. */
async function download(url: string, name: string): Promise<string> {
  const response = await fetch(await client.presign(pathOf(url)));
  expect(response.status).toBe(200);
  const path = join(local.directory, name);
  await writeFile(path, Buffer.from(await response.arrayBuffer()));
  return path;
}

describe("a job to an S3 bucket", () => {
  let job: JobView;

  beforeAll(async () => {
    job = await runJob(
      aStorage({ path: "/videos 2026+", acl: "public-read", cache_control: CACHE_CONTROL }),
      {
        "mp4:240p": { path: "/clip (small).mp4" },
        "jpg:160x": { path: "/stills/ä_%.2d.jpg", number: 3 },
        httpstream: { hls: { path: "/hls" } },
      },
    );
  }, 150_000);

  it("completes", () => {
    expect(job.outputs.map(({ key, status, error }) => ({ key, status, error }))).toEqual([
      { key: "mp4:240p", status: "video.encoded", error: undefined },
      { key: "jpg:160x", status: "image.created", error: undefined },
      { key: "httpstream", status: "httpstream.packaged", error: undefined },
    ]);
    expect(job.status).toBe("job.completed");
  });

  it("writes exactly what it reports and what the playlists name", async () => {
    const keys = await client.listKeys(BUCKET);
    const reported = job.outputs.flatMap(urlsOf).map((url) => decodeURIComponent(pathOf(url)));
    expect(reported).toEqual([
      `${BUCKET}/videos 2026+/clip (small).mp4`,
      `${BUCKET}/videos 2026+/stills/ä_01.jpg`,
      `${BUCKET}/videos 2026+/stills/ä_02.jpg`,
      `${BUCKET}/videos 2026+/stills/ä_03.jpg`,
      `${BUCKET}/videos 2026+/hls/master.m3u8`,
    ]);
    const isMedia = (key: string) => key.startsWith("videos 2026+/hls/media-");
    expect(
      keys
        .filter((key) => !isMedia(key))
        .map((key) => `${BUCKET}/${key}`)
        .toSorted(),
    ).toEqual(reported.toSorted());
  });

  it("sets content type, caching and access of every object", async () => {
    const types: Record<string, string> = {
      mp4: "video/mp4",
      jpg: "image/jpeg",
      m3u8: "application/vnd.apple.mpegurl",
      ts: "video/mp2t",
    };
    const keys = await client.listKeys(BUCKET);
    expect(keys.length).toBeGreaterThan(8);
    for (const key of keys) {
      const url = `${swift.endpoint}/${BUCKET}/${encodeURIComponent(key).replaceAll("%2F", "/")}`;
      expect({ key, ...(await headOf(url)) }).toEqual({
        key,
        status: 200,
        type: types[key.split(".").at(-1) ?? ""],
        caching: CACHE_CONTROL,
      });
      const acl = (await client.read(`${pathOf(url)}?acl`)).toString();
      expect(acl).toMatch(/groups\/global\/AllUsers<\/URI><\/Grantee><Permission>READ</);
    }
  });

  it("stores an MP4 that decodes from its first frame to its last, with its sound", async () => {
    const path = await download(outputOf(job, "mp4:240p").url ?? "", "downloaded.mp4");
    expect(await probeEntry(path, "v:0", "stream=codec_name,height")).toBe("h264,240");
    expect(await frameTimes(path)).toHaveLength(FRAME_COUNT);
    const sound = await samples(path);
    expect(sound.length / 48_000).toBeCloseTo(8, 1);
    expect(sound.some((sample) => Math.abs(sample) > 0.05)).toBe(true);
  });

  it("stores stills that are pictures of the wanted width", async () => {
    const urls = urlsOf(outputOf(job, "jpg:160x"));
    expect(urls).toHaveLength(3);
    for (const [index, url] of urls.entries()) {
      const path = await download(url, `still-${index}.jpg`);
      expect(await probeEntry(path, "v:0", "stream=codec_name,width,height")).toBe("mjpeg,160,90");
    }
  });

  it("stores an HLS package in which every playlist parses and every object that one names is there", async () => {
    const [masterUrl = ""] = urlsOf(outputOf(job, "httpstream"));
    const master = HLS.parse((await client.read(pathOf(masterUrl))).toString());
    if (!master.isMasterPlaylist) {
      throw new Error(`${masterUrl} is not a master playlist.`);
    }
    expect(master.variants.length).toBeGreaterThanOrEqual(2);
    const named: string[] = [masterUrl];
    for (const variant of master.variants) {
      const playlistUrl = new URL(variant.uri, masterUrl).href;
      const playlist = HLS.parse((await client.read(pathOf(playlistUrl))).toString());
      if (playlist.isMasterPlaylist) {
        throw new Error(`${playlistUrl} is not a media playlist.`);
      }
      expect(playlist.endlist).toBe(true);
      const durationSeconds = playlist.segments.reduce((sum, segment) => sum + segment.duration, 0);
      expect(Math.abs(durationSeconds - 8)).toBeLessThan(0.2);
      const segmentUrls = playlist.segments.map((segment) => new URL(segment.uri, playlistUrl).href);
      named.push(playlistUrl, ...segmentUrls);
    }
    const sizes = await Promise.all(named.map(async (url) => (await client.read(pathOf(url))).length));
    expect(sizes.filter((size) => size === 0)).toEqual([]);
    const keys = (await client.listKeys(BUCKET)).filter((key) => key.startsWith("videos 2026+/hls/"));
    // Playlists of keyframes name the same segments again.
    const namedKeys = new Set(named.map((url) => decodeURIComponent(pathOf(url)).slice(BUCKET.length + 1)));
    expect([...namedKeys].toSorted()).toEqual(keys.toSorted());
  });

  it("leaves nothing of its work in Copra's own storage and no open upload in the customer's", async () => {
    // Two renditions of the stream went through Copra's own storage.
    expect(await local.untilWorkFilesAreGone(job.id)).toBeGreaterThanOrEqual(2);
    expect(await client.listUploads(BUCKET)).toEqual([]);
  });

  it("tells the customer's secret to nobody: no answer, no webhook, no log, no file", () => {
    // The search finds what is there: the token of the encoders lies in the service's own secrets file.
    const { encoderToken } = loadSecrets(local.service.paths);
    expect(local.placesOf(encoderToken)).toEqual([local.service.paths.secretsPath]);
    expect(local.placesOf("video.encoded").length).toBeGreaterThan(2);
    expect(local.placesOf(swift.secretAccessKey)).toEqual([]);
  });
});

describe("a job to an S3 bucket with a file that needs several parts", () => {
  it("uploads it whole, and sets nothing on it that was not asked for", async () => {
    // Noise does not compress: 3 s reach the 16 MiB from which a file is sent in parts.
    const noise = lavfi("testsrc2=size=640x360:rate=25:duration=3,noise=alls=100:allf=t");
    const codecs = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-qp", "10"];
    const noisyUrl = await local.serve(await makeClip(local.directory, "noise.mp4", [...noise, ...codecs]));

    const job = await runJob(
      aStorage({ path: "/large" }),
      { "mp4:360p_50000k": { path: "/noise.mp4" } },
      noisyUrl,
    );

    expect(job.status).toBe("job.completed");
    const url = job.outputs[0]?.url ?? "";
    const { headers } = await client.send(pathOf(url), { method: "HEAD" });
    expect(Number(headers.get("content-length"))).toBeGreaterThan(16 * 1024 ** 2);
    expect(headers.get("etag")).toMatch(/-\d+"$/);
    expect(headers.get("cache-control")).toBeNull();
    expect((await client.read(`${pathOf(url)}?acl`)).toString()).not.toContain("AllUsers");
    expect(await frameTimes(await download(url, "large.mp4"))).toHaveLength(75);
    expect(await client.listUploads(BUCKET)).toEqual([]);
  });
});

describe("a job to an S3 bucket that refuses it", () => {
  it("fails every output with the reason, and keeps the wrong secret to itself", async () => {
    const secret = `wrong-${randomBytes(20).toString("hex")}`;
    const storage = aStorage({
      credentials: { access_key_id: swift.accessKeyId, secret_access_key: secret },
      path: "/refused",
    });

    const job = await runJob(storage, {
      "mp4:240p": { path: "/clip.mp4", duration: 1 },
      "jpg:160x": { path: "/still.jpg", number: 1 },
      httpstream: { hls: { path: "/hls" }, variants: ["mp4:240p"] },
    });

    expect(job.status).toBe("job.failed");
    const error =
      "The result could not be uploaded: the storage answered HTTP 403. Check the credentials and the bucket's permissions.";
    expect(
      job.outputs.map((output) => [output.status, output.error_code, output.error, urlsOf(output)]),
    ).toEqual([
      ["video.failed", "destination_denied", error, []],
      ["image.failed", "destination_denied", error, []],
      ["httpstream.failed", "destination_denied", error, []],
    ]);
    expect((await client.listKeys(BUCKET)).filter((key) => key.startsWith("refused/"))).toEqual([]);
    // The stream's picture, its sound, and the piece of it that the picture is muxed with.
    expect(await local.untilWorkFilesAreGone(job.id)).toBe(3);
    expect(local.placesOf(secret)).toEqual([]);
  });

  it.each([
    ["the bucket does not exist", { bucket: "no-such-bucket" }, "destination_not_found", "HTTP 404"],
    ["the region is another one", { region: "us-east-1" }, "destination_rejected", "HTTP 400"],
  ])("says what the server answered when %s", async (_name, overrides, code, answer) => {
    const job = await runJob(aStorage(overrides), { "jpg:160x": { path: "/still.jpg", number: 1 } });

    expect(job.status).toBe("job.failed");
    const [output] = job.outputs;
    expect(output?.status).toBe("image.failed");
    expect(output?.error_code).toBe(code);
    expect(output?.error).toContain(answer);
  });
});

describe("after all these jobs", () => {
  it("Copra's own bucket is empty and no job is open", async () => {
    await local.service.stop();
    const { objectKeys, jobs } = await readStoredState(local.service.paths);
    expect(objectKeys).toEqual([]);
    expect(jobs.map(({ status, isOpen }) => `${status} ${isOpen ? "open" : "closed"}`).toSorted()).toEqual([
      ...["completed closed", "completed closed"],
      ...["failed closed", "failed closed", "failed closed"],
    ]);
  });
});
