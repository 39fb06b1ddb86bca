/** The encoder's storage client against a real S3 server that checks every signature. */
import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Agent } from "undici";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ObjectRef, ObjectStoreConfig } from "../../encoder/contract/object-store.ts";
import { TaskFailure } from "../../encoder/run/task-failure.ts";
import type { PartRule } from "../../encoder/storage/part-plan.ts";
import { createS3Store } from "../../encoder/storage/s3-store.ts";
import { patternBytes } from "../support/local-server.ts";
import { startSwiftServer, type SwiftServer } from "../support/swift-server.ts";
import { sha256, signedClient, type SignedClient } from "./signed-client.ts";

const MIB = 1024 ** 2;
/** S3's own minimum for every part but the last. */
const SMALLEST_PARTS: PartRule = { minPartBytes: 5 * MIB, maxPartBytes: 64 * MIB, maxParts: 9_000 };
const BUCKET = "media";

let swift: SwiftServer;
let client: SignedClient;
let directory: string;
const dispatcher = new Agent();

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "copra-s3-store-"));
  swift = await startSwiftServer();
  client = signedClient(swift);
  await client.createBucket(BUCKET);
});

afterAll(async () => {
  await dispatcher.close();
  await swift?.stop();
  await rm(directory, { recursive: true, force: true });
});

function aStore(overrides: Partial<Parameters<typeof createS3Store>[0]> = {}) {
  return createS3Store({
    publicDispatcher: dispatcher,
    ownDispatcher: dispatcher,
    budgetMs: 30_000,
    partRule: SMALLEST_PARTS,
    ...overrides,
  });
}

function aRef(key: string, overrides: Partial<ObjectStoreConfig> = {}): ObjectRef {
  const { endpoint, region, accessKeyId, secretAccessKey } = swift;
  return {
    key,
    store: {
      ...{ endpoint, region, bucket: BUCKET, addressing: "path", objectHeaders: {}, network: "public" },
      credentials: { accessKeyId, secretAccessKey },
      ...overrides,
    },
  };
}

async function aFile(name: string, bytes: Uint8Array): Promise<{ path: string; contentType: string }> {
  const path = join(directory, name);
  await writeFile(path, bytes);
  return { path, contentType: "video/mp4" };
}

const transfer = () => ({ signal: new AbortController().signal });

/** What a refused upload reports. */
async function failureOf(upload: Promise<unknown>): Promise<unknown> {
  const error = await upload.then(
    () => null,
    (reason: unknown) => reason,
  );
  return error instanceof TaskFailure ? error.failure : error;
}

describe("createS3Store", () => {
  describe("putFile", () => {
    it.each([
      { sizeBytes: 0, partCount: 1 },
      { sizeBytes: 1, partCount: 1 },
      { sizeBytes: 5 * MIB - 1, partCount: 1 },
      { sizeBytes: 5 * MIB, partCount: 1 },
      { sizeBytes: 5 * MIB + 1, partCount: 2 },
      { sizeBytes: 10 * MIB, partCount: 2 },
      { sizeBytes: 12 * MIB + 345, partCount: 3 },
    ])("stores $sizeBytes bytes, in $partCount part(s), as they are", async ({ sizeBytes, partCount }) => {
      const bytes = patternBytes(sizeBytes);
      const key = `sizes/${sizeBytes}.mp4`;

      const written = await aStore().putFile(aRef(key), await aFile("sized", bytes), transfer());

      expect(written).toEqual({ key, sizeBytes });
      const stored = await client.read(`${BUCKET}/${key}`);
      expect(stored.length).toBe(sizeBytes);
      expect(sha256(stored)).toBe(sha256(bytes));
      const head = await client.send(`${BUCKET}/${key}`, { method: "HEAD" });
      const md5 = createHash("md5").update(bytes).digest("hex");
      expect(head.headers.get("etag")).toMatch(
        partCount === 1 ? new RegExp(`^"${md5}"$`) : new RegExp(`^"[0-9a-f]{32}-${partCount}"$`),
      );
    });

    it("cuts by its own rule into parts that the server accepts", async () => {
      const bytes = patternBytes(16 * MIB + 1);
      const fractions: number[] = [];
      const store = createS3Store({
        publicDispatcher: dispatcher,
        ownDispatcher: dispatcher,
        budgetMs: 30_000,
      });

      await store.putFile(aRef("default-rule.mp4"), await aFile("default-rule", bytes), {
        ...transfer(),
        onProgress: (fraction) => fractions.push(fraction),
      });

      expect(sha256(await client.read(`${BUCKET}/default-rule.mp4`))).toBe(sha256(bytes));
      const head = await client.send(`${BUCKET}/default-rule.mp4`, { method: "HEAD" });
      expect(head.headers.get("etag")).toMatch(/-2"$/);
      expect(fractions.at(-1)).toBe(1);
      expect(fractions).toEqual(fractions.toSorted((left, right) => left - right));
    });

    it.each([
      ["blanks", "a folder/my video.mp4"],
      ["a plus", "a+b.mp4"],
      ["percent signs", "100%25 off/50%.mp4"],
      ["unicode", "日本語/Ünïcödé 🎬.mp4"],
      ["parentheses and quotes", "it's (final)!*.mp4"],
      ["what XML and URLs reserve", 'a&b=c;d,e@f:g$h<i>"j".mp4'],
      ["a question mark and a hash", "really?#1.mp4"],
      ["double slashes", "a//b.mp4"],
    ])("writes to exactly the key it was given: %s", async (name, key) => {
      const bucket = `keys-${createHash("md5").update(name).digest("hex").slice(0, 8)}`;
      await client.createBucket(bucket);
      const bytes = patternBytes(100);
      const large = patternBytes(5 * MIB + 1);

      await aStore().putFile(aRef(key, { bucket }), await aFile("single", bytes), transfer());
      await aStore().putFile(aRef(`${key}.large`, { bucket }), await aFile("multipart", large), transfer());

      expect(await client.listKeys(bucket)).toEqual([key, `${key}.large`]);
    });

    it.each([
      ["one request", 1_000],
      ["parts", 5 * MIB + 1],
    ])("hands over content type, caching and access of an object sent in %s", async (name, sizeBytes) => {
      const key = `headers/${sizeBytes}.mp4`;
      const objectHeaders = {
        "cache-control": "public, max-age=31536000",
        expires: "Thu, 01 Dec 2033 16:00:00 GMT",
        "x-amz-acl": "public-read",
        "x-amz-storage-class": "STANDARD",
      };

      await aStore().putFile(
        aRef(key, { objectHeaders }),
        await aFile(name, patternBytes(sizeBytes)),
        transfer(),
      );

      const { headers } = await client.send(`${BUCKET}/${key}`, { method: "HEAD" });
      expect({
        type: headers.get("content-type"),
        caching: headers.get("cache-control"),
        expires: headers.get("expires"),
      }).toEqual({
        type: "video/mp4",
        caching: objectHeaders["cache-control"],
        expires: objectHeaders.expires,
      });
      const acl = (await client.read(`${BUCKET}/${key}?acl`)).toString();
      expect(acl).toMatch(/groups\/global\/AllUsers<\/URI><\/Grantee><Permission>READ</);
    });

    it("replaces an object of the same key", async () => {
      const ref = aRef("replaced.mp4");
      await aStore().putFile(ref, await aFile("old", patternBytes(6 * MIB)), transfer());

      await aStore().putFile(ref, await aFile("new", Buffer.from("new")), transfer());

      expect((await client.read(`${BUCKET}/replaced.mp4`)).toString()).toBe("new");
    });

    it("puts the bucket before the host name in virtual-host style", async () => {
      const { virtualHostDomain, endpoint } = swift;
      const nameless = new Agent({
        connect: {
          lookup: (_host, _options, callback) => callback(null, [{ address: "127.0.0.1", family: 4 }]),
        },
      });
      const bytes = patternBytes(5 * MIB + 1);
      const ref = aRef("virtual host.mp4", {
        endpoint: `http://${virtualHostDomain}:${new URL(endpoint).port}`,
        addressing: "virtual-host",
      });

      await aStore({ publicDispatcher: nameless }).putFile(ref, await aFile("virtual", bytes), transfer());

      expect(sha256(await client.read(`${BUCKET}/virtual%20host.mp4`))).toBe(sha256(bytes));
      await nameless.close();
    });
  });

  describe("putFile that the server refuses", () => {
    const sizes = [
      ["one request", 1_000],
      ["parts", 5 * MIB + 1],
    ] as const;

    it.each(sizes)("says that access is denied when the secret is wrong: %s", async (_name, sizeBytes) => {
      const ref = aRef("refused.mp4", {
        credentials: { accessKeyId: swift.accessKeyId, secretAccessKey: "not-the-secret" },
      });
      const upload = aStore().putFile(ref, await aFile("refused", patternBytes(sizeBytes)), transfer());
      expect(await failureOf(upload)).toEqual({ code: "destination_denied", httpStatus: 403 });
    });

    it("says that access is denied when nobody has that key id", async () => {
      const ref = aRef("refused.mp4", {
        credentials: { accessKeyId: "nobody:else", secretAccessKey: swift.secretAccessKey },
      });
      const upload = aStore().putFile(ref, await aFile("refused", patternBytes(10)), transfer());
      expect(await failureOf(upload)).toEqual({ code: "destination_denied", httpStatus: 403 });
    });

    it.each(sizes)("says that the bucket is missing: %s", async (_name, sizeBytes) => {
      const ref = aRef("refused.mp4", { bucket: "no-such-bucket" });
      const upload = aStore().putFile(ref, await aFile("refused", patternBytes(sizeBytes)), transfer());
      expect(await failureOf(upload)).toEqual({ code: "destination_not_found", httpStatus: 404 });
    });

    it("says that the store rejects a signature of another region", async () => {
      const upload = aStore().putFile(
        aRef("refused.mp4", { region: "us-east-1" }),
        await aFile("refused", patternBytes(10)),
        transfer(),
      );
      expect(await failureOf(upload)).toEqual({ code: "destination_rejected", httpStatus: 400 });
    });

    it("leaves neither an object nor an open upload when the parts are too small for the server", async () => {
      const bucket = "too-small-parts";
      await client.createBucket(bucket);
      const partRule = { ...SMALLEST_PARTS, minPartBytes: MIB };
      const upload = aStore({ partRule }).putFile(
        aRef("refused.mp4", { bucket }),
        await aFile("refused", patternBytes(2 * MIB + 1)),
        transfer(),
      );
      expect(await failureOf(upload)).toEqual({ code: "destination_rejected", httpStatus: 400 });
      expect(await client.listUploads(bucket)).toEqual([]);
      expect(await client.listKeys(bucket)).toEqual([]);
    });

    it("leaves no open upload when it is called off half-way", async () => {
      const bucket = "called-off";
      await client.createBucket(bucket);
      const controller = new AbortController();
      const reason = new Error("called off");
      const openUploads = Promise.withResolvers<string[]>();
      // The third part is kept back until the upload has been seen open and is called off.
      const held = dispatcher.compose((dispatch) => (options, handler) => {
        if (!options.path.includes("partNumber=3")) {
          return dispatch(options, handler);
        }
        void client
          .listUploads(bucket)
          .then(openUploads.resolve, openUploads.reject)
          .finally(() => {
            controller.abort(reason);
            dispatch(options, handler);
          });
        return true;
      });

      const upload = aStore({ publicDispatcher: held }).putFile(
        aRef("called-off.mp4", { bucket }),
        await aFile("called-off", patternBytes(20 * MIB)),
        { signal: controller.signal },
      );

      await expect(upload).rejects.toBe(reason);
      expect(await openUploads.promise).toEqual(["called-off.mp4"]);
      expect(await client.listUploads(bucket)).toEqual([]);
      expect(await client.listKeys(bucket)).toEqual([]);
    });
  });

  it("reads an object back into a file, byte by byte the same", async () => {
    const bytes = patternBytes(7 * MIB + 11);
    const ref = aRef("there and back.mp4");
    await aStore().putFile(ref, await aFile("there", bytes), transfer());

    const path = join(directory, "back");
    expect(await aStore().getToFile(ref, path, transfer())).toEqual({ sizeBytes: bytes.length });
    expect(sha256(await readFile(path))).toBe(sha256(bytes));
  });

  it("knows the size of an object until it removes it, and removes what is not there", async () => {
    const ref = aRef("removed (twice).mp4");
    await aStore().putFile(ref, await aFile("removed", patternBytes(1234)), transfer());
    expect(await aStore().head(ref, transfer())).toEqual({ sizeBytes: 1234 });

    await aStore().remove(ref, transfer());

    expect(await aStore().head(ref, transfer())).toBeNull();
    await aStore().remove(ref, transfer());
    expect((await client.send(`${BUCKET}/removed%20%28twice%29.mp4`)).status).toBe(404);
  });
});
