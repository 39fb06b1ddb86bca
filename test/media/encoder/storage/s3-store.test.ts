import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Agent } from "undici";
import { TaskFailure } from "../../../../encoder/run/task-failure.ts";
import { createPublicDialer } from "../../../../encoder/source/public-dialer.ts";
import type { ObjectStore } from "../../../../encoder/storage/object-store.ts";
import { createS3Store, type S3StoreOptions } from "../../../../encoder/storage/s3-store.ts";
import { patternBytes, startLocalServer } from "../../../support/local-server.ts";
import { type S3Sink, startS3Sink } from "../../../support/s3-sink.ts";

const PART = 1024;
const MIB = 1024 ** 2;

let sink: S3Sink;
let directory = "";
const cleanups: (() => Promise<unknown>)[] = [];
beforeEach(async () => {
  sink = await startS3Sink();
  directory = await mkdtemp(path.join(os.tmpdir(), "copra-test-"));
  cleanups.push(sink.close, () => rm(directory, { recursive: true }));
});
afterEach(async () => {
  await Promise.all(cleanups.splice(0).map((cleanup) => cleanup()));
});

const signal = new AbortController().signal;

/** Parts of 1 KiB and a fast pace; patience for a busy machine. */
function aStore(changes: Partial<S3StoreOptions> = {}): ObjectStore {
  const publicDispatcher = createPublicDialer({ allowPrivateNetwork: false });
  const ownDispatcher = new Agent({ allowH2: false });
  cleanups.push(
    () => publicDispatcher.destroy(),
    () => ownDispatcher.destroy(),
  );
  return createS3Store({
    publicDispatcher,
    ownDispatcher,
    budgetMs: 45_000,
    pace: { baseMs: 5, maxMs: 40 },
    partRule: { minPartBytes: PART, maxPartBytes: 64 * MIB, maxParts: 9_000 },
    ...changes,
  });
}

async function aFile(bytes: Buffer): Promise<{ path: string; contentType: string }> {
  const file = path.join(directory, `file-${bytes.length}`);
  await writeFile(file, bytes);
  return { path: file, contentType: "video/mp4" };
}

const failureOf = async (outcome: Promise<unknown>): Promise<unknown> => {
  const error = await outcome.then(
    () => "it succeeded",
    (thrown: unknown) => thrown,
  );
  return error instanceof TaskFailure ? error.failure : error;
};

const ref = (key = "out/video.mp4", changes: Partial<S3Sink["store"]> = {}) => ({
  store: { ...sink.store, ...changes },
  key,
});

describe("putFile", () => {
  it.each([0, 1, PART - 1, PART, PART + 1, 2 * PART, 5 * PART + 17])(
    "writes %i bytes whole",
    async (sizeBytes) => {
      const bytes = patternBytes(sizeBytes);
      const written = await aStore().putFile(ref(), await aFile(bytes), { signal });
      expect(written).toEqual({ key: "out/video.mp4", sizeBytes });
      expect(sink.objects.get("out/video.mp4")?.bytes.equals(bytes)).toBe(true);
      expect(sink.openUploads.size).toBe(0);
      expect(sink.calls.some(({ query }) => query.has("uploads"))).toBe(sizeBytes > PART);
    },
  );

  it("writes the default parts of 16 MiB", async () => {
    const bytes = patternBytes(16 * MIB + 1);
    const store = aStore({
      partRule: { minPartBytes: 16 * MIB, maxPartBytes: 64 * MIB, maxParts: 9_000 },
      budgetMs: 45_000,
    });
    await store.putFile(ref(), await aFile(bytes), { signal });
    expect(sink.objects.get("out/video.mp4")?.bytes.equals(bytes)).toBe(true);
    expect(sink.calls.filter(({ query }) => query.has("partNumber"))).toHaveLength(2);
  });

  it.each([
    "plain.mp4",
    "with space.mp4",
    "plus+and=and&.mp4",
    "100%.mp4",
    "already%20encoded.mp4",
    "question?hash#.mp4",
    "(parentheses)!'*~.mp4",
    "ümlaut/日本語/🎬.mp4",
    "double//slash/.hidden/...",
    'quote".mp4',
    "semi;colon:at@$,.mp4",
    "back\\slash.mp4",
  ])("writes, reads and deletes the key %s under its very name", async (key) => {
    const store = aStore();
    const bytes = patternBytes(3 * PART);
    await store.putFile(ref(key), await aFile(bytes), { signal });
    expect([...sink.objects.keys()]).toEqual([key]);
    const copy = path.join(directory, "copy");
    expect(await store.getToFile(ref(key), copy, { signal })).toEqual({ sizeBytes: bytes.length });
    expect((await readFile(copy)).equals(bytes)).toBe(true);
    await store.remove(ref(key), { signal });
    expect(sink.objects.size).toBe(0);
  });

  it.each([PART, 3 * PART])(
    "sends content type and object headers with an object of %i bytes, with its parts not",
    async (size) => {
      const objectHeaders = {
        "x-amz-acl": "public-read",
        "x-amz-storage-class": "STANDARD_IA",
        "cache-control": "public, max-age=60",
        expires: "Thu, 01 Jan 2037 00:00:00 GMT",
      };
      const store = aStore();
      await store.putFile(ref("a.mp4", { objectHeaders }), await aFile(patternBytes(size)), { signal });
      expect(sink.objects.get("a.mp4")?.headers).toEqual({ "content-type": "video/mp4", ...objectHeaders });
      expect(await store.head(ref("a.mp4", { objectHeaders }), { signal })).toEqual({ sizeBytes: size });
      expect(sink.calls.at(-1)?.headers["x-amz-acl"]).toBeUndefined();
    },
  );

  it("keeps the endpoint's path prefix", async () => {
    const front = await startLocalServer((request, response) => {
      expect(request.url).toBe("/gateway/s3/test-bucket/a.mp4");
      request.resume();
      response.end();
    });
    cleanups.push(front.close);
    await aStore().putFile(
      ref("a.mp4", { endpoint: `${front.origin}/gateway/s3` }),
      await aFile(patternBytes(5)),
      { signal },
    );
    expect(front.requests).toHaveLength(1);
  });

  it("reaches a bucket by its host name", async () => {
    const resolveAll = () => Promise.resolve([{ address: "127.0.0.1", family: 4 }]);
    const dialer = createPublicDialer({ allowPrivateNetwork: false, resolveAll, isAllowed: () => true });
    cleanups.push(() => dialer.destroy());
    const endpoint = sink.store.endpoint.replace("127.0.0.1", "s3.example.com");
    const target = ref("a b+c.mp4", { endpoint, addressing: "virtual-host", network: "public" });
    await aStore({ publicDispatcher: dialer }).putFile(target, await aFile(patternBytes(3 * PART)), {
      signal,
    });
    expect(sink.objects.get("a b+c.mp4")?.bytes.length).toBe(3 * PART);
    expect(sink.calls[0]?.headers.host).toMatch(/^test-bucket\.s3\.example\.com:\d+$/);
  });

  it("sends at most two parts at once", async () => {
    let open = 0;
    let peak = 0;
    sink.intercept = async ({ query }) => {
      if (query.has("partNumber")) {
        open += 1;
        peak = Math.max(peak, open);
        await new Promise((resolve) => setTimeout(resolve, 5));
        open -= 1;
      }
      return null;
    };
    await aStore().putFile(ref(), await aFile(patternBytes(9 * PART)), { signal });
    expect(peak).toBe(2);
  });

  it("reports how much of the file is sent, up to the whole", async () => {
    const fractions: number[] = [];
    const onProgress = (fraction: number): number => fractions.push(fraction);
    await aStore().putFile(ref(), await aFile(patternBytes(4 * PART)), { signal, onProgress });
    expect(fractions.at(-1)).toBe(1);
    expect(fractions.length).toBeGreaterThanOrEqual(4);
  });

  describe("when the store has trouble", () => {
    it.each([
      { httpStatus: 500, code: "InternalError" },
      { httpStatus: 503, code: "SlowDown" },
      { httpStatus: 400, code: "RequestTimeout" },
      { httpStatus: 429, code: "TooManyRequests" },
      "drop" as const,
    ])("repeats only what failed until the store has recovered from %j", async (misbehaviour) => {
      const bytes = patternBytes(3 * PART);
      const failures = new Map<string, number>();
      sink.intercept = ({ method, query }) => {
        const name = `${method} ${query.get("partNumber") ?? ""}`;
        failures.set(name, (failures.get(name) ?? 0) + 1);
        return (failures.get(name) ?? 0) <= 2 ? misbehaviour : null;
      };
      await aStore().putFile(ref(), await aFile(bytes), { signal });
      expect(sink.objects.get("out/video.mp4")?.bytes.equals(bytes)).toBe(true);
      // POST stands for create and complete: the first failed twice, the second went through.
      expect(Object.fromEntries(failures)).toEqual({ "POST ": 4, "PUT 1": 3, "PUT 2": 3, "PUT 3": 3 });
    });

    it("waits as long as Retry-After says", async () => {
      const times: number[] = [];
      sink.intercept = () => {
        times.push(performance.now());
        return times.length === 1
          ? { httpStatus: 503, code: "SlowDown", headers: { "retry-after": "1" } }
          : null;
      };
      await aStore({ pace: { baseMs: 1, maxMs: 1_500 } }).putFile(ref(), await aFile(patternBytes(5)), {
        signal,
      });
      expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(990);
    });

    it("gives up when nothing was accepted for the whole budget, and leaves no upload open", async () => {
      sink.intercept = ({ query }) =>
        query.has("partNumber") ? { httpStatus: 503, code: "SlowDown" } : null;
      const failure = await failureOf(
        aStore({ budgetMs: 2_000 }).putFile(ref(), await aFile(patternBytes(3 * PART)), { signal }),
      );
      expect(failure).toEqual({ code: "destination_unavailable", httpStatus: 503 });
      expect(sink.openUploads.size).toBe(0);
    });

    it("gives up on a store that takes the bytes and never answers", async () => {
      sink.intercept = () => new Promise(() => undefined);
      const failure = await failureOf(
        aStore({ budgetMs: 300 }).putFile(ref(), await aFile(patternBytes(5)), { signal }),
      );
      expect(failure).toEqual({ code: "destination_unavailable" });
    });

    it("counts the budget from the last success, so that a slow upload may take longer than it", async () => {
      let parts = 0;
      sink.intercept = async ({ query }) => {
        if (query.has("partNumber")) {
          parts += 1;
          await new Promise((resolve) => setTimeout(resolve, 600));
        }
        return null;
      };
      await aStore({ budgetMs: 2_500 }).putFile(ref(), await aFile(patternBytes(10 * PART)), { signal });
      expect(parts).toBe(10);
    });

    it("finds out that the object is complete when the reply to the completion was lost", async () => {
      const bytes = patternBytes(3 * PART);
      let completions = 0;
      sink.intercept = ({ method, query }) => {
        const completes = method === "POST" && query.has("uploadId");
        completions += completes ? 1 : 0;
        return completes && completions === 1 ? "lose" : null;
      };
      await aStore().putFile(ref(), await aFile(bytes), { signal });
      expect(sink.objects.get("out/video.mp4")?.bytes.equals(bytes)).toBe(true);
      expect(sink.calls.filter(({ query }) => query.has("partNumber"))).toHaveLength(3);
      expect(sink.calls.at(-1)?.method).toBe("HEAD");
    });

    it("begins anew when the upload has vanished at the store", async () => {
      const bytes = patternBytes(3 * PART);
      let vanished = false;
      sink.intercept = ({ method, query }) => {
        if (!vanished && method === "POST" && query.has("uploadId")) {
          vanished = true;
          sink.openUploads.clear();
        }
        return null;
      };
      await aStore().putFile(ref(), await aFile(bytes), { signal });
      expect(sink.objects.get("out/video.mp4")?.bytes.equals(bytes)).toBe(true);
      expect(sink.calls.filter(({ query }) => query.has("uploads"))).toHaveLength(2);
    });

    it("does not take an older object of another size for the completed one", async () => {
      sink.objects.set("out/video.mp4", { bytes: Buffer.from("old"), headers: {} });
      let vanished = false;
      sink.intercept = ({ query }) => {
        if (!vanished && query.has("partNumber")) {
          vanished = true;
          sink.openUploads.clear();
        }
        return null;
      };
      await aStore().putFile(ref(), await aFile(patternBytes(3 * PART)), { signal });
      expect(sink.objects.get("out/video.mp4")?.bytes.length).toBe(3 * PART);
    });

    it("repeats a single PUT whose reply was lost", async () => {
      sink.intercept = () => (sink.calls.length === 1 ? "lose" : null);
      await aStore().putFile(ref(), await aFile(patternBytes(5)), { signal });
      expect(sink.calls).toHaveLength(2);
    });
  });

  describe("when the store refuses", () => {
    it.each([
      [{ httpStatus: 403, code: "AccessDenied" }, "destination_denied"],
      [{ httpStatus: 404, code: "NoSuchBucket" }, "destination_not_found"],
      [{ httpStatus: 400, code: "AuthorizationHeaderMalformed" }, "destination_rejected"],
      [{ httpStatus: 413, code: "EntityTooLarge" }, "destination_rejected"],
    ])("does not repeat %j", async (misbehaviour, code) => {
      sink.intercept = () => misbehaviour;
      const failure = await failureOf(aStore().putFile(ref(), await aFile(patternBytes(5)), { signal }));
      expect(failure).toEqual({ code, httpStatus: misbehaviour.httpStatus });
      expect(sink.calls).toHaveLength(1);
    });

    it("reports a wrong secret as denied and an unknown bucket as not found", async () => {
      const file = await aFile(patternBytes(5));
      const credentials = { accessKeyId: "AKTEST", secretAccessKey: "wrong" };
      const denied = await failureOf(aStore().putFile(ref("k", { credentials }), file, { signal }));
      expect(denied).toEqual({ code: "destination_denied", httpStatus: 403 });
      const missing = await failureOf(aStore().putFile(ref("k", { bucket: "other" }), file, { signal }));
      expect(missing).toEqual({ code: "destination_not_found", httpStatus: 404 });
    });

    it("does not take signed requests where a redirect leads", async () => {
      const other = await startLocalServer((_, response) => void response.end());
      const front = await startLocalServer((request, response) => {
        request.resume();
        response.writeHead(301, { location: other.origin }).end();
      });
      cleanups.push(other.close, front.close);
      const failure = await failureOf(
        aStore().putFile(ref("k", { endpoint: front.origin }), await aFile(patternBytes(5)), { signal }),
      );
      expect(failure).toEqual({ code: "destination_rejected", httpStatus: 301 });
      expect(other.requests).toEqual([]);
    });

    it("ends the multipart upload when a part is refused", async () => {
      sink.intercept = ({ query }) =>
        query.get("partNumber") === "2" ? { httpStatus: 403, code: "AccessDenied" } : null;
      const failure = await failureOf(
        aStore().putFile(ref(), await aFile(patternBytes(5 * PART)), { signal }),
      );
      expect(failure).toEqual({ code: "destination_denied", httpStatus: 403 });
      expect(sink.openUploads.size).toBe(0);
      expect(sink.objects.size).toBe(0);
    });

    it("refuses an endpoint of a customer on a private address without a request", async () => {
      const failure = await failureOf(
        aStore().putFile(ref("k", { network: "public" }), await aFile(patternBytes(5)), { signal }),
      );
      expect(failure).toEqual({ code: "destination_address_forbidden" });
      expect(sink.calls).toEqual([]);
    });
  });

  it("ends the multipart upload at the store when it is aborted in the middle", async () => {
    const controller = new AbortController();
    sink.intercept = ({ query }) => {
      if (query.get("partNumber") === "3") {
        controller.abort(new Error("cancelled"));
      }
      return null;
    };
    const putting = aStore().putFile(ref(), await aFile(patternBytes(8 * PART)), {
      signal: controller.signal,
    });
    await expect(putting).rejects.toThrow("cancelled");
    expect(sink.openUploads.size).toBe(0);
    expect(sink.objects.size).toBe(0);
    expect(sink.calls.at(-1)?.method).toBe("DELETE");
  });

  it("writes three thousand small objects although one request in twenty is told to slow down", async () => {
    let count = 0;
    sink.intercept = () => {
      count += 1;
      return count % 20 === 0 ? { httpStatus: 503, code: "SlowDown" } : null;
    };
    const store = aStore();
    const file = await aFile(patternBytes(100));
    const keys = Array.from({ length: 3_000 }, (_, index) => `seg/${index}.ts`);
    for (let start = 0; start < keys.length; start += 20) {
      await Promise.all(
        keys.slice(start, start + 20).map((key) => store.putFile(ref(key), file, { signal })),
      );
    }
    expect(sink.objects.size).toBe(3_000);
  });
});

describe("getToFile", () => {
  const copy = (): string => path.join(directory, "copy");

  it("continues where a broken transfer stood", async () => {
    const bytes = patternBytes(500_000);
    const front = await startLocalServer((request, response) => {
      const first = Number(/\d+/.exec(request.headers.range ?? "0")?.[0]);
      const rest = bytes.subarray(first);
      response.writeHead(first === 0 ? 200 : 206, { "content-length": rest.length });
      response.write(rest.subarray(0, 200_000), () =>
        rest.length > 200_000 ? response.destroy() : response.end(),
      );
    });
    cleanups.push(front.close);
    const fractions: number[] = [];
    const { sizeBytes } = await aStore().getToFile(ref("k", { endpoint: front.origin }), copy(), {
      signal,
      onProgress: (fraction) => fractions.push(fraction),
    });
    expect(sizeBytes).toBe(bytes.length);
    expect((await readFile(copy())).equals(bytes)).toBe(true);
    expect(front.requests.length).toBeGreaterThan(2);
    expect(fractions.at(-1)).toBe(1);
  });

  it("begins anew at a store that answers a range with the whole", async () => {
    const bytes = patternBytes(300_000);
    const front = await startLocalServer((_, response) => {
      response.writeHead(200, { "content-length": bytes.length });
      if (front.requests.length === 1) {
        response.write(bytes.subarray(0, 200_000), () => response.destroy());
      } else {
        response.end(bytes);
      }
    });
    cleanups.push(front.close);
    await aStore().getToFile(ref("k", { endpoint: front.origin }), copy(), { signal });
    expect((await readFile(copy())).equals(bytes)).toBe(true);
  });

  it("reports a missing work object, and one that cannot be read in time, as the service's own trouble", async () => {
    expect(await failureOf(aStore().getToFile(ref("missing"), copy(), { signal }))).toEqual({
      code: "work_storage_unavailable",
      httpStatus: 404,
    });
    sink.intercept = () => ({ httpStatus: 500, code: "InternalError" });
    expect(await failureOf(aStore({ budgetMs: 2_000 }).getToFile(ref("k"), copy(), { signal }))).toEqual({
      code: "work_storage_unavailable",
      httpStatus: 500,
    });
  });
});

describe("head", () => {
  it("gives null for an object that is not there", async () => {
    expect(await aStore().head(ref("missing"), { signal })).toBeNull();
  });
});
