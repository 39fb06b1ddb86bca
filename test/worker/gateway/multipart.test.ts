import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { aGatewayClient, errorCodeOf } from "../support/gateway-client.ts";

/** R2's smallest part, unless it is the last one. */
const PART_BYTES = 5 * 1024 * 1024;

type Client = Awaited<ReturnType<typeof aGatewayClient>>;

async function begin(client: Client, key: string, headers: Record<string, string> = {}): Promise<string> {
  const created = await client.send(key, { method: "POST", headers }, "?uploads");
  expect(created.status).toBe(200);
  const xml = await created.text();
  expect(xml).toContain("<InitiateMultipartUploadResult");
  expect(xml).toContain("<Bucket>copra</Bucket>");
  return /<UploadId>([^<]+)<\/UploadId>/.exec(xml)?.[1] ?? "";
}

async function upload(
  client: Client,
  key: string,
  uploadId: string,
  partNumber: number,
  body: Uint8Array<ArrayBuffer>,
) {
  const query = `?partNumber=${partNumber}&uploadId=${encodeURIComponent(uploadId)}`;
  const response = await client.send(key, { method: "PUT", body }, query);
  expect(response.status).toBe(200);
  return { partNumber, etag: response.headers.get("ETag") ?? "" };
}

function completion(parts: { partNumber: number; etag: string }[]): string {
  const rows = parts.map(({ partNumber, etag }) => {
    return `<Part><ETag>${etag.replaceAll('"', "&quot;")}</ETag><PartNumber>${partNumber}</PartNumber></Part>`;
  });
  return `<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${rows.join("")}</CompleteMultipartUpload>`;
}

function complete(client: Client, key: string, uploadId: string, body: string): Promise<Response> {
  return client.send(key, { method: "POST", body }, `?uploadId=${encodeURIComponent(uploadId)}`);
}

function somePart(lengthBytes: number, seed: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(lengthBytes).map((_, index) => (index * 31 + seed) % 251);
}

async function anUploadInParts(sizesBytes: number[], headers: Record<string, string> = {}) {
  const client = await aGatewayClient();
  const key = `${client.prefix}big file.mp4`;
  const uploadId = await begin(client, key, headers);
  const bodies = sizesBytes.map((size, index) => somePart(size, index));
  const parts = [];
  for (const [index, body] of bodies.entries()) {
    parts.push(await upload(client, key, uploadId, index + 1, body));
  }
  return { client, key, uploadId, bodies, parts };
}

describe("multipart upload", () => {
  it("joins three parts into one object with its type, readable across a seam", async () => {
    const headers = { "content-type": "video/mp4", "cache-control": "max-age=5" };
    const { client, key, uploadId, bodies, parts } = await anUploadInParts(
      [PART_BYTES, PART_BYTES, 1000],
      headers,
    );
    const done = await complete(client, key, uploadId, completion(parts));
    const xml = await done.text();
    expect(done.status).toBe(200);
    expect(xml).toContain("<CompleteMultipartUploadResult");
    expect(xml).toMatch(/<ETag>&quot;[0-9a-f]+-3&quot;<\/ETag>/);

    const got = await client.send(key);
    expect(got.headers.get("Content-Type")).toBe("video/mp4");
    expect(got.headers.get("Cache-Control")).toBe("max-age=5");
    const joined = await new Blob(bodies).arrayBuffer();
    const received = await got.arrayBuffer();
    expect(received.byteLength).toBe(2 * PART_BYTES + 1000);
    expect(await crypto.subtle.digest("SHA-256", received)).toEqual(
      await crypto.subtle.digest("SHA-256", joined),
    );

    const range = `bytes=${PART_BYTES - 3}-${PART_BYTES + 2}`;
    const seam = await client.send(key, { headers: { range } });
    expect(new Uint8Array(await seam.arrayBuffer())).toEqual(
      new Uint8Array(joined.slice(PART_BYTES - 3, PART_BYTES + 3)),
    );
  });

  it("shows nothing under the key before the upload is complete", async () => {
    const { client, key } = await anUploadInParts([1000]);
    expect((await client.send(key)).status).toBe(404);
  });

  it("lets a part be sent again and keeps the last one", async () => {
    const { client, key, uploadId } = await anUploadInParts([1000]);
    const again = await upload(client, key, uploadId, 1, somePart(500, 9));
    expect((await complete(client, key, uploadId, completion([again]))).status).toBe(200);
    expect(new Uint8Array(await (await client.send(key)).arrayBuffer())).toEqual(somePart(500, 9));
  });

  it("refuses parts of unequal size", async () => {
    const { client, key, uploadId, parts } = await anUploadInParts([PART_BYTES, PART_BYTES + 1, 10]);
    const done = await complete(client, key, uploadId, completion(parts));
    expect(done.status).toBe(400);
    expect(await errorCodeOf(done)).toBe("InvalidPart");
  });

  it("refuses small parts before the last one", async () => {
    const { client, key, uploadId, parts } = await anUploadInParts([1000, 1000]);
    expect(await errorCodeOf(await complete(client, key, uploadId, completion(parts)))).toBe(
      "EntityTooSmall",
    );
  });

  it("answers NoSuchUpload when completed twice, and keeps the object", async () => {
    const { client, key, uploadId, parts } = await anUploadInParts([1000]);
    expect((await complete(client, key, uploadId, completion(parts))).status).toBe(200);
    const second = await complete(client, key, uploadId, completion(parts));
    expect(second.status).toBe(404);
    expect(await errorCodeOf(second)).toBe("NoSuchUpload");
    expect((await client.send(key, { method: "HEAD" })).status).toBe(200);
  });

  it("takes no part and completes nothing after an abort", async () => {
    const { client, key, uploadId, parts } = await anUploadInParts([1000]);
    const query = `?uploadId=${encodeURIComponent(uploadId)}`;
    expect((await client.send(key, { method: "DELETE" }, query)).status).toBe(204);
    const late = await client.send(key, { method: "PUT", body: "x" }, `?partNumber=2&uploadId=${uploadId}`);
    expect(await errorCodeOf(late)).toBe("NoSuchUpload");
    expect(await errorCodeOf(await complete(client, key, uploadId, completion(parts)))).toBe("NoSuchUpload");
    expect((await client.send(key)).status).toBe(404);
  });

  it("refuses a part with another ETag than was given", async () => {
    const { client, key, uploadId } = await anUploadInParts([1000]);
    const forged = completion([{ partNumber: 1, etag: '"0123456789abcdef0123456789abcdef"' }]);
    expect(await errorCodeOf(await complete(client, key, uploadId, forged))).toBe("InvalidPart");
  });

  it("refuses a part whose body has another SHA-256 than declared", async () => {
    const { client, key, uploadId } = await anUploadInParts([]);
    const headers = { "x-amz-content-sha256": "0".repeat(64) };
    const query = `?partNumber=1&uploadId=${encodeURIComponent(uploadId)}`;
    const part = await client.send(key, { method: "PUT", body: "abc", headers }, query);
    expect(await errorCodeOf(part)).toBe("XAmzContentSHA256Mismatch");
  });

  it("cannot reach an upload that was begun under another prefix", async () => {
    const theirs = await anUploadInParts([1000]);
    const mine = await aGatewayClient();
    const key = `${mine.prefix}a`;
    const query = `?partNumber=1&uploadId=${encodeURIComponent(theirs.uploadId)}`;
    expect(await errorCodeOf(await mine.send(key, { method: "PUT", body: "x" }, query))).toBe("NoSuchUpload");
    const hijacked = await complete(mine, key, theirs.uploadId, completion(theirs.parts));
    expect(hijacked.status).toBeGreaterThanOrEqual(400);
    expect(await env.MEDIA.head(key)).toBeNull();
    const own = await complete(theirs.client, theirs.key, theirs.uploadId, completion(theirs.parts));
    expect(own.status).toBe(200);
  });

  it.each([
    ["no parts", completion([]), "MalformedXML"],
    ["no XML", "hello", "MalformedXML"],
    [
      "a part without an ETag",
      "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber></Part></CompleteMultipartUpload>",
      "MalformedXML",
    ],
    [
      "descending parts",
      completion([
        { partNumber: 2, etag: "a" },
        { partNumber: 1, etag: "b" },
      ]),
      "InvalidPartOrder",
    ],
    [
      "a part twice",
      completion([
        { partNumber: 1, etag: "a" },
        { partNumber: 1, etag: "a" },
      ]),
      "InvalidPartOrder",
    ],
    ["part 10001", completion([{ partNumber: 10_001, etag: "a" }]), "InvalidArgument"],
  ])("refuses a completion with %s", async (_name, body, code) => {
    const { client, key, uploadId } = await anUploadInParts([1000]);
    const done = await complete(client, key, uploadId, body);
    expect(done.status).toBe(400);
    expect(await errorCodeOf(done)).toBe(code);
  });

  it.each(["0", "10001", "x", "1.5", ""])("refuses the part number %j", async (partNumber) => {
    const { client, key, uploadId } = await anUploadInParts([]);
    const query = `?partNumber=${partNumber}&uploadId=${encodeURIComponent(uploadId)}`;
    expect((await client.send(key, { method: "PUT", body: "x" }, query)).status).toBe(400);
  });
});
