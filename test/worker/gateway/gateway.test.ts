import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { bodyText } from "../support/body-text.ts";
import { ORIGIN, aGatewayClient, errorCodeOf, objectUrl, sendToGateway } from "../support/gateway-client.ts";

const TEN_BYTES = "0123456789";

async function sha256Hex(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function md5Base64(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("MD5", new TextEncoder().encode(text));
  return btoa(String.fromCharCode(...new Uint8Array(digest)));
}

async function aStoredObject(body = TEN_BYTES) {
  const client = await aGatewayClient();
  const key = `${client.prefix}object.bin`;
  const stored = await client.send(key, { method: "PUT", body });
  expect(stored.status).toBe(200);
  return { ...client, key, etag: stored.headers.get("ETag") ?? "" };
}

describe("gateway", () => {
  describe("PUT and GET", () => {
    it("gives back the bytes, the type and the cache rule that were stored, and an ETag", async () => {
      const { prefix, send } = await aGatewayClient();
      const bytes = crypto.getRandomValues(new Uint8Array(50_000));
      const headers = { "content-type": "video/mp4", "cache-control": "max-age=60" };
      const put = await send(`${prefix}a.mp4`, { method: "PUT", body: bytes, headers });
      expect(put.status).toBe(200);

      const got = await send(`${prefix}a.mp4`);
      expect(got.status).toBe(200);
      expect(new Uint8Array(await got.arrayBuffer())).toEqual(bytes);
      expect(got.headers.get("Content-Type")).toBe("video/mp4");
      expect(got.headers.get("Cache-Control")).toBe("max-age=60");
      expect(got.headers.get("Content-Length")).toBe("50000");
      expect(got.headers.get("ETag")).toBe(put.headers.get("ETag"));
    });

    it("stores an empty object", async () => {
      const { send, key } = await aStoredObject("");
      const got = await send(key);
      expect(got.status).toBe(200);
      expect(await bodyText(got)).toBe("");
    });

    it.each([
      "a b",
      "a+b",
      "(1)",
      "*",
      "it's",
      "é",
      "~",
      "100%",
      "%41",
      "日本語/ü.mp4",
      "a//b",
      "a&b=c?d#e",
      "…!$,;:@",
    ])("stores and reads the key %j under exactly that name", async (name) => {
      const { prefix, send } = await aGatewayClient();
      const put = await send(prefix + name, { method: "PUT", body: name });
      expect(put.status).toBe(200);
      expect(await bodyText(await send(prefix + name))).toBe(name);
      const listed = await env.MEDIA.list({ prefix });
      expect(listed.objects.map((object) => object.key)).toEqual([prefix + name]);
    });

    it("reads an unescaped plus sign as a space, as the signature does", async () => {
      const { prefix, send, aws } = await aGatewayClient();
      await send(`${prefix}a b`, { method: "PUT", body: "space" });
      const got = await sendToGateway(await aws.sign(`${objectUrl(prefix)}a+b`));
      expect(await bodyText(got)).toBe("space");
    });

    it("answers NoSuchKey for an object that does not exist", async () => {
      const { prefix, send } = await aGatewayClient();
      const got = await send(`${prefix}none`);
      expect(got.status).toBe(404);
      expect(got.headers.get("Content-Type")).toBe("application/xml");
      expect(await errorCodeOf(got)).toBe("NoSuchKey");
    });
  });

  describe("Range", () => {
    it.each([
      ["bytes=2-4", "234", "bytes 2-4/10"],
      ["bytes=6-", "6789", "bytes 6-9/10"],
      ["bytes=-3", "789", "bytes 7-9/10"],
      ["bytes=-50", TEN_BYTES, "bytes 0-9/10"],
      ["bytes=8-999", "89", "bytes 8-9/10"],
      ["bytes=0-0", "0", "bytes 0-0/10"],
    ])("answers %s with 206 and those bytes only", async (range, expected, contentRange) => {
      const { send, key } = await aStoredObject();
      const got = await send(key, { headers: { range } });
      expect(got.status).toBe(206);
      expect(got.headers.get("Content-Range")).toBe(contentRange);
      expect(got.headers.get("Content-Length")).toBe(String(expected.length));
      expect(await bodyText(got)).toBe(expected);
    });

    it.each(["bytes=10-", "bytes=10-12", "bytes=-0", `bytes=${"9".repeat(30)}-`])(
      "answers %s with 416 and the object's size",
      async (range) => {
        const { send, key } = await aStoredObject();
        const got = await send(key, { headers: { range } });
        expect(got.status).toBe(416);
        expect(got.headers.get("Content-Range")).toBe("bytes */10");
        expect(await errorCodeOf(got)).toBe("InvalidRange");
      },
    );

    it.each(["bytes=0-", "bytes=0-3", "bytes=-3"])(
      "answers %s of an empty object with 416",
      async (range) => {
        const { send, key } = await aStoredObject("");
        expect((await send(key, { headers: { range } })).status).toBe(416);
      },
    );

    it.each(["bytes=0-1,4-5", "bytes=5-2", "chunks=1-2", "bytes=-", "bytes=a-b"])(
      "ignores the range %j and sends the whole object",
      async (range) => {
        const { send, key } = await aStoredObject();
        const got = await send(key, { headers: { range } });
        expect(got.status).toBe(200);
        expect(await bodyText(got)).toBe(TEN_BYTES);
      },
    );
  });

  describe("HEAD and conditions", () => {
    it("describes an object without sending it", async () => {
      const { send, key, etag } = await aStoredObject();
      const head = await send(key, { method: "HEAD" });
      expect(head.status).toBe(200);
      expect(head.headers.get("Content-Length")).toBe("10");
      expect(head.headers.get("ETag")).toBe(etag);
      expect(await bodyText(head)).toBe("");
    });

    it("answers HEAD of a missing object with 404", async () => {
      const { prefix, send } = await aGatewayClient();
      expect((await send(`${prefix}none`, { method: "HEAD" })).status).toBe(404);
    });

    it("answers 304 to If-None-Match and 412 to If-Match of another version", async () => {
      const { send, key, etag } = await aStoredObject();
      expect((await send(key, { headers: { "if-none-match": etag } })).status).toBe(304);
      expect((await send(key, { headers: { "if-match": '"other"' } })).status).toBe(412);
      expect((await send(key, { headers: { "if-match": etag } })).status).toBe(200);
    });
  });

  describe("DELETE", () => {
    it("removes the object and succeeds again when nothing is left", async () => {
      const { send, key } = await aStoredObject();
      expect((await send(key, { method: "DELETE" })).status).toBe(204);
      expect((await send(key)).status).toBe(404);
      expect((await send(key, { method: "DELETE" })).status).toBe(204);
    });
  });

  describe("declared digests", () => {
    it("accepts a body whose SHA-256 and MD5 fit", async () => {
      const { prefix, send } = await aGatewayClient();
      const headers = {
        "x-amz-content-sha256": await sha256Hex("abc"),
        "content-md5": await md5Base64("abc"),
      };
      expect((await send(`${prefix}a`, { method: "PUT", body: "abc", headers })).status).toBe(200);
      expect(await bodyText(await send(`${prefix}a`))).toBe("abc");
    });

    it("accepts an empty body whose SHA-256 fits", async () => {
      const { prefix, send } = await aGatewayClient();
      const headers = { "x-amz-content-sha256": await sha256Hex("") };
      expect((await send(`${prefix}a`, { method: "PUT", body: "", headers })).status).toBe(200);
    });

    it("passes a body of several chunks through unchanged while it checks it", async () => {
      const { prefix, send } = await aGatewayClient();
      const text = "0123456789abcdef".repeat(40_000);
      const headers = { "x-amz-content-sha256": await sha256Hex(text) };
      expect((await send(`${prefix}a`, { method: "PUT", body: text, headers })).status).toBe(200);
      expect(await bodyText(await send(`${prefix}a`))).toBe(text);
    });

    it.each([
      [
        "SHA-256",
        async () => ({ "x-amz-content-sha256": await sha256Hex("abd") }),
        "XAmzContentSHA256Mismatch",
      ],
      ["MD5", async () => ({ "content-md5": await md5Base64("abd") }), "BadDigest"],
    ])("refuses a body with another %s and stores nothing", async (_name, makeHeaders, code) => {
      const { prefix, send } = await aGatewayClient();
      for (const body of ["abc", ""]) {
        const put = await send(`${prefix}a`, { method: "PUT", body, headers: await makeHeaders() });
        expect(put.status).toBe(400);
        expect(await errorCodeOf(put)).toBe(code);
        expect(await env.MEDIA.head(`${prefix}a`)).toBeNull();
      }
    });

    it.each([
      ["x-amz-content-sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", 501],
      ["x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER", 501],
      ["x-amz-content-sha256", "abc", 400],
      ["content-md5", "abc", 400],
    ])("refuses %s: %s with %d", async (name, value, status) => {
      const { prefix, send } = await aGatewayClient();
      const put = await send(`${prefix}a`, { method: "PUT", body: "abc", headers: { [name]: value } });
      expect(put.status).toBe(status);
      expect(await env.MEDIA.head(`${prefix}a`)).toBeNull();
    });
  });

  describe("what it does not do", () => {
    it("refuses a body without a length with 411", async () => {
      const { prefix, sign } = await aGatewayClient();
      const signed = await sign(`${prefix}a`, { method: "PUT", body: "abc" });
      const headers = new Headers(signed.headers);
      headers.delete("content-length");
      const put = await sendToGateway(new Request(signed, { headers }));
      expect(put.status).toBe(411);
      expect(await errorCodeOf(put)).toBe("MissingContentLength");
    });

    it("refuses a body larger than what Cloudflare lets through in production", async () => {
      const { prefix, sign } = await aGatewayClient();
      const signed = await sign(`${prefix}a`, { method: "PUT", body: "abc" });
      const headers = new Headers(signed.headers);
      headers.set("content-length", "100000001");
      expect(await errorCodeOf(await sendToGateway(new Request(signed, { headers })))).toBe("EntityTooLarge");
    });

    it.each([
      ["x-amz-acl", "public-read"],
      ["x-amz-meta-title", "x"],
      ["x-amz-copy-source", "/copra/other"],
      ["x-amz-checksum-crc32", "AAAAAA=="],
      ["x-amz-server-side-encryption", "AES256"],
      ["content-encoding", "gzip"],
      ["if-none-match", "*"],
    ])("refuses to ignore the header %s on a write", async (name, value) => {
      const { prefix, send } = await aGatewayClient();
      const put = await send(`${prefix}a`, { method: "PUT", body: "abc", headers: { [name]: value } });
      expect(put.status).toBe(501);
      expect(await put.text()).toContain(name);
      expect(await env.MEDIA.head(`${prefix}a`)).toBeNull();
    });

    it.each([
      ["GET", "?acl", 501],
      ["GET", "?tagging", 501],
      ["PUT", "?partNumber=1", 501],
      ["POST", "", 501],
      ["POST", "?delete", 501],
      ["PATCH", "", 405],
      ["OPTIONS", "", 405],
    ])("answers %s with the query %j with %d", async (method, query, status) => {
      const { send, key } = await aStoredObject();
      expect((await send(key, { method }, query)).status).toBe(status);
    });

    it("lists nothing: neither buckets nor a bucket", async () => {
      const { aws } = await aGatewayClient();
      for (const path of ["/s3", "/s3/", "/s3/copra", "/s3/copra/", "/s3/copra?list-type=2"]) {
        expect((await sendToGateway(await aws.sign(ORIGIN + path))).status).toBe(501);
      }
    });

    it("knows one bucket only", async () => {
      const { prefix, aws } = await aGatewayClient();
      const got = await sendToGateway(await aws.sign(`${ORIGIN}/s3/other/${prefix}a`));
      expect(await errorCodeOf(got)).toBe("NoSuchBucket");
    });

    it("accepts the x-id parameter with which AWS SDKs repeat the operation's name", async () => {
      const { send, key } = await aStoredObject();
      expect((await send(key, {}, "?x-id=GetObject")).status).toBe(200);
    });

    it("escapes the request's path in its XML", async () => {
      const { prefix, send } = await aGatewayClient();
      const body = await (await send(`${prefix}<&"'>`)).text();
      expect(body).not.toContain("<&");
      expect(body).toContain("<Resource>");
    });
  });
});
