/** Destinations that fail for a while or for good, and outputs that fail beside others that do not. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type ClockClip, makeClockClip, shownTimes } from "../support/clock-clip.ts";
import { finalView, type JobView } from "../support/job-client.ts";
import { type S3Sink, startS3Sink } from "../support/s3-sink.ts";
import { sinkStorage } from "../support/sink-storage.ts";
import { findDisorder } from "../support/status-order.ts";
import { startTestBed, type TestBed } from "../support/test-bed.ts";

const SECONDS = 5;

let bed: TestBed;
let clip: ClockClip;
let store: S3Sink;

beforeAll(async () => {
  bed = await startTestBed(async (directory) => {
    clip = await makeClockClip(directory, "source.mp4", { seconds: SECONDS });
    return {
      "source.mp4": clip.bytes,
      // The index is at the front and says 5 s, but the data ends early.
      "cut-off.mp4": clip.bytes.subarray(0, Math.floor(clip.bytes.length * 0.6)),
    };
  });
  store = await startS3Sink();
});

afterAll(async () => {
  await bed?.close();
  await store?.close();
});

beforeEach(() => {
  store.intercept = () => null;
  store.objects.clear();
  store.calls.length = 0;
});

type Run = {
  views: JobView[];
  job: JobView;
  /** Each as "event" or "event key". */
  events: string[];
};

async function run(request: object): Promise<Run> {
  const { id } = await bed.client.create({
    input: { url: bed.media.url("source.mp4") },
    storage: sinkStorage(store),
    notification: { type: "http", url: bed.webhooks.origin, events: true },
    ...request,
  });
  const views = await bed.client.finish(id);
  const deliveries = await bed.webhooks.untilJobEvent(id);
  const events = deliveries.map(({ body: { event, data } }) =>
    typeof data["key"] === "string" ? `${event} ${data["key"]}` : event,
  );
  return { views, job: finalView(views), events };
}

async function expectStoredClip(key: string): Promise<void> {
  const object = store.objects.get(key);
  expect([...store.objects.keys()]).toContain(key);
  const path = join(bed.directory, "stored.mp4");
  await writeFile(path, object?.bytes ?? "");
  const errors = (await shownTimes(path, clip)).map((time, index) => Math.abs(time - index / 25));
  expect(errors).toHaveLength(SECONDS * 25);
  expect(Math.max(...errors)).toBeLessThan(0.2);
}

describe("a destination that answers 500 and 503 for a while", () => {
  it("gets every file in the end, from one encode of each", async () => {
    const troubles = new Map<string, number>();
    store.intercept = ({ key }) => {
      const trouble = (troubles.get(key) ?? 0) + 1;
      troubles.set(key, trouble);
      return (
        [
          { httpStatus: 500, code: "InternalError" },
          { httpStatus: 503, code: "SlowDown" },
        ][trouble - 1] ?? null
      );
    };

    const { job, views } = await run({
      outputs: {
        "mp4:x90": { path: "/small.mp4" },
        "jpg:160x": { path: "/%d.jpg", number: 2 },
        httpstream: { variants: ["mp4:x90::quality=3"], hls: { path: "/hls" } },
      },
    });

    expect(job.status).toBe("job.completed");
    expect(findDisorder(views)).toEqual([]);
    expect(
      bed.service.attemptEnds(job.id).filter(({ attempt, outcome }) => attempt !== 1 || outcome !== "done"),
    ).toEqual([]);
    await expectStoredClip("out/small.mp4");
    expect([...troubles.values()].every((count) => count >= 3)).toBe(true);
    expect([...store.objects.keys()].toSorted()).toEqual([
      "out/1.jpg",
      "out/2.jpg",
      "out/hls/master.m3u8",
      "out/hls/media-1/iframes.m3u8",
      "out/hls/media-1/segment-0.ts",
      "out/hls/media-1/stream.m3u8",
      "out/small.mp4",
    ]);
    // The trouble must not have brought a playlist ahead of what it names.
    const packageKeys = [...store.objects.keys()].filter((key) => key.startsWith("out/hls"));
    const names = packageKeys.map((key) => key.split("/").at(-1));
    expect([names[0], names.at(-1)]).toEqual(["segment-0.ts", "master.m3u8"]);
  });
});

describe("a destination that refuses", () => {
  it("fails the outputs that it refuses and leaves the others their files", async () => {
    store.intercept = ({ key }) =>
      key === "out/secret/denied.mp4" ? { httpStatus: 403, code: "AccessDenied" } : null;

    const { job, events } = await run({
      outputs: {
        "mp4:x90": [{ path: "/secret/denied.mp4" }, { path: "/open.mp4" }],
        jpg: { path: "/picture.jpg" },
      },
    });

    expect(job).toMatchObject({
      status: "job.failed",
      progress: "100%",
      input: { status: "input.transferred" },
    });
    expect(job.outputs[0]).toEqual({
      key: "mp4:x90:1",
      type: "video",
      format: "mp4:x90",
      error:
        "The result could not be uploaded: the storage answered HTTP 403. Check the credentials and the bucket's permissions.",
      error_code: "destination_denied",
      status: "video.failed",
    });
    expect(job.outputs[1]).toMatchObject({
      status: "video.encoded",
      url: `${store.store.endpoint}/test-bucket/out/open.mp4`,
    });
    expect(job.outputs[2]?.status).toBe("image.created");
    await expectStoredClip("out/open.mp4");
    // Asking again would not help, and was not done.
    expect(store.calls.filter(({ key }) => key === "out/secret/denied.mp4")).toHaveLength(1);
    expect(events.toSorted()).toEqual([
      "input.transferred",
      "job.failed",
      "output.completed jpg",
      "output.completed mp4:x90:2",
      "output.failed mp4:x90:1",
    ]);
    expect(events.at(-1)).toBe("job.failed");
  });

  it("fails every output of a job with wrong credentials, and says so", async () => {
    const { job } = await run({
      storage: sinkStorage(store, { credentials: { access_key_id: "AKTEST", secret_access_key: "wrong" } }),
      outputs: { "mp4:x90": { path: "/a.mp4" }, jpg: { path: "/a.jpg" } },
    });

    expect(job.status).toBe("job.failed");
    expect(job.outputs.map(({ status, error_code }) => [status, error_code])).toEqual([
      ["video.failed", "destination_denied"],
      ["image.failed", "destination_denied"],
    ]);
    expect(job.outputs[0]?.error).toContain("HTTP 403");
    expect(store.objects.size).toBe(0);
  });

  it("names the bucket when that does not exist", async () => {
    const { job } = await run({
      storage: sinkStorage(store, { bucket: "no-such-bucket" }),
      outputs: { jpg: { path: "/a.jpg" } },
    });

    expect(job.outputs[0]).toMatchObject({ status: "image.failed", error_code: "destination_not_found" });
    expect(job.outputs[0]?.error).toMatch(/HTTP 404\. Check that the bucket exists\.$/);
  });
});

describe("an output that cannot be made", () => {
  it("fails alone, whether that shows at the plan or only in the encoder", async () => {
    const { job, views, events } = await run({
      input: { url: bed.media.url("cut-off.mp4") },
      outputs: {
        "mp4:x90": [
          { path: "/whole.mp4" },
          { path: "/beyond.mp4", offset: 60 },
          { path: "/start.mp4", duration: 1 },
        ],
        jpg: { path: "/picture.jpg", offsets: [1] },
      },
    });

    expect(job.status).toBe("job.failed");
    expect(findDisorder(views)).toEqual([]);
    expect(job.outputs.map(({ status, error_code }) => [status, error_code])).toEqual([
      ["video.failed", "source_not_media"],
      ["video.failed", "offset_beyond_end"],
      ["video.encoded", undefined],
      ["image.created", undefined],
    ]);
    expect(job.outputs[0]?.error).toMatch(/damaged or incomplete\.$/);
    expect(job.outputs[1]?.error).toMatch(/beyond the end of the input, which is 5(\.\d+)? s long\.$/);
    expect([...store.objects.keys()].toSorted()).toEqual(["out/picture.jpg", "out/start.mp4"]);
    expect(events.filter((event) => event.startsWith("output.failed")).toSorted()).toEqual([
      "output.failed mp4:x90:1",
      "output.failed mp4:x90:2",
    ]);
  });
});
