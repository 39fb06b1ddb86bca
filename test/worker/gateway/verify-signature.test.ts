/** The gateway's border: everything here has to stay refused, or one job can read or overwrite another's files. */
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { mintGatewayCredentials } from "../../../worker/gateway/gateway-credentials.ts";
import { parseMasterKey } from "../../../worker/secrets/master-key.ts";
import { bodyText } from "../support/body-text.ts";
import { aGatewayClient, errorCodeOf, objectUrl, sendToGateway } from "../support/gateway-client.ts";

const MINUTE_MS = 60_000;

function amzDate(time: number): string {
  return new Date(time).toISOString().replace(/[:-]|\.\d{3}/g, "");
}

/** A signed request with some of its headers replaced or, with null, removed. */
function tampered(signed: Request, changes: Record<string, string | null>): Request {
  const headers = new Headers(signed.headers);
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) {
      headers.delete(name);
    } else {
      headers.set(name, value);
    }
  }
  return new Request(signed, { headers });
}

/** Status and S3 code of a refusal. */
async function refusalOf(response: Response): Promise<[number, string | undefined]> {
  return [response.status, await errorCodeOf(response)];
}

describe("verifySignature", () => {
  describe("the caller", () => {
    it("refuses an unsigned request, whether the object exists or not", async () => {
      const { prefix, send } = await aGatewayClient();
      await send(`${prefix}a`, { method: "PUT", body: "x" });
      for (const name of ["a", "none"]) {
        expect(await refusalOf(await sendToGateway(new Request(objectUrl(prefix + name))))).toEqual([
          403,
          "AccessDenied",
        ]);
      }
      const put = new Request(objectUrl(`${prefix}b`), {
        method: "PUT",
        body: "x",
        headers: { "content-length": "1" },
      });
      expect(await refusalOf(await sendToGateway(put))).toEqual([403, "AccessDenied"]);
    });

    it("refuses a presigned URL", async () => {
      const { prefix, aws, send } = await aGatewayClient();
      await send(`${prefix}a`, { method: "PUT", body: "x" });
      const presigned = await aws.sign(objectUrl(`${prefix}a`), { aws: { signQuery: true } });
      expect(await refusalOf(await sendToGateway(new Request(presigned.url)))).toEqual([403, "AccessDenied"]);
    });

    it("refuses a wrong secret", async () => {
      const { prefix, send } = await aGatewayClient({ secretAccessKey: "guess" });
      expect(await refusalOf(await send(`${prefix}a`))).toEqual([403, "SignatureDoesNotMatch"]);
    });

    it("refuses credentials made with another master key", async () => {
      const masterKey = parseMasterKey(btoa("another-master-key-another-maste"));
      const { prefix, send } = await aGatewayClient({ masterKey });
      expect(await refusalOf(await send(`${prefix}a`))).toEqual([403, "InvalidAccessKeyId"]);
    });

    it("refuses an access key id that was altered to grant more", async () => {
      const masterKey = parseMasterKey(env.COPRA_MASTER_KEY);
      const expiresAt = Date.now() + MINUTE_MS;
      const mine = await mintGatewayCredentials({ masterKey, prefix: "work/mine/", access: "r", expiresAt });
      const grant = atob(mine.accessKeyId.slice("COPRA1".length).replaceAll("-", "+").replaceAll("_", "/"));
      const wider = `COPRA1${btoa(grant.replace(".r.", ".rw.").replace("mine", "them")).replaceAll("=", "")}`;
      const client = await aGatewayClient({ prefix: "work/them/", secretAccessKey: mine.secretAccessKey });
      client.aws.accessKeyId = wider;
      expect(await refusalOf(await client.send("work/them/a"))).toEqual([403, "SignatureDoesNotMatch"]);
    });

    it.each(["Bearer x", "AWS4-HMAC-SHA256 nonsense", "Basic a2V5Og=="])(
      "refuses the Authorization header %j",
      async (authorization) => {
        const request = new Request(objectUrl("work/a"), { headers: { authorization } });
        expect(await refusalOf(await sendToGateway(request))).toEqual([400, "AuthorizationHeaderMalformed"]);
      },
    );

    it.each(["AKIDEXAMPLE", "COPRA1", "COPRA1%%%", `COPRA1${btoa("00000000.rw.9999999999999.work/")}`])(
      "refuses the unknown access key id %j",
      async (accessKeyId) => {
        const client = await aGatewayClient();
        client.aws.accessKeyId = accessKeyId;
        expect(await refusalOf(await client.send(`${client.prefix}a`))).toEqual([403, "InvalidAccessKeyId"]);
      },
    );
  });

  describe("the grant", () => {
    it("refuses expired credentials", async () => {
      const { prefix, send } = await aGatewayClient({ expiresAt: Date.now() - 1 });
      expect(await refusalOf(await send(`${prefix}a`))).toEqual([403, "AccessDenied"]);
    });

    it("refuses keys outside of the prefix, also those that only begin like it", async () => {
      const { send } = await aGatewayClient({ prefix: "work/ab/" });
      for (const key of ["work/abc/x", "work/ab", "work/other/x", "hosted/x", "WORK/ab/x"]) {
        expect(await refusalOf(await send(key))).toEqual([403, "AccessDenied"]);
        expect(await refusalOf(await send(key, { method: "PUT", body: "x" }))).toEqual([403, "AccessDenied"]);
        expect(await refusalOf(await send(key, { method: "POST" }, "?uploads"))).toEqual([
          403,
          "AccessDenied",
        ]);
        expect(await refusalOf(await send(key, { method: "DELETE" }))).toEqual([403, "AccessDenied"]);
      }
    });

    it.each([
      "../other/x",
      "a/../../other/x",
      "%2e%2e/other/x",
      "..%2fother%2fx",
      "a%2f..%2f..%2fother%2fx",
      ".%2fx",
      "%252e%252e/other/x",
    ])("refuses the path %j below the prefix and stores nothing", async (path) => {
      const { aws } = await aGatewayClient({ prefix: "work/ab/" });
      const url = `${objectUrl("work/ab/")}${path}`;
      expect(await refusalOf(await sendToGateway(await aws.sign(url)))).toEqual([403, "AccessDenied"]);
      const before = (await env.MEDIA.list()).objects.length;
      const put = tampered(await aws.sign(url, { method: "PUT", body: "x" }), { "content-length": "1" });
      expect(await refusalOf(await sendToGateway(put))).toEqual([403, "AccessDenied"]);
      expect((await env.MEDIA.list()).objects).toHaveLength(before);
    });

    it("reads but never writes with a read-only grant", async () => {
      const writer = await aGatewayClient();
      await writer.send(`${writer.prefix}a`, { method: "PUT", body: "kept" });
      const reader = await aGatewayClient({ prefix: writer.prefix, access: "r" });
      expect(await bodyText(await reader.send(`${writer.prefix}a`))).toBe("kept");
      for (const [method, query] of [
        ["PUT", ""],
        ["DELETE", ""],
        ["POST", "?uploads"],
        ["PUT", "?partNumber=1&uploadId=u"],
        ["POST", "?uploadId=u"],
        ["DELETE", "?uploadId=u"],
      ] as const) {
        expect(await refusalOf(await reader.send(`${writer.prefix}a`, { method, body: "x" }, query))).toEqual(
          [403, "AccessDenied"],
        );
      }
      expect(await bodyText(await reader.send(`${writer.prefix}a`))).toBe("kept");
    });
  });

  describe("the clock", () => {
    it.each([-14, 14])("accepts a request signed %d minutes away", async (minutes) => {
      const { prefix, send } = await aGatewayClient();
      const datetime = amzDate(Date.now() + minutes * MINUTE_MS);
      expect((await send(`${prefix}a`, { method: "PUT", body: "x", datetime })).status).toBe(200);
    });

    it.each([-16, 16, -24 * 60])("refuses a request signed %d minutes away", async (minutes) => {
      const { prefix, send } = await aGatewayClient();
      const datetime = amzDate(Date.now() + minutes * MINUTE_MS);
      expect(await refusalOf(await send(`${prefix}a`, { datetime }))).toEqual([403, "RequestTimeTooSkewed"]);
    });

    it("refuses a date that is moved after signing, or of another day than the scope", async () => {
      const { prefix, sign } = await aGatewayClient();
      const signed = await sign(`${prefix}a`);
      const moved = tampered(signed, { "x-amz-date": amzDate(Date.now() + MINUTE_MS) });
      expect((await sendToGateway(moved)).status).toBe(403);
      const otherDay = tampered(signed, { "x-amz-date": amzDate(Date.now() + 24 * 60 * MINUTE_MS) });
      expect(await refusalOf(await sendToGateway(otherDay))).toEqual([403, "AccessDenied"]);
      expect(await refusalOf(await sendToGateway(tampered(signed, { "x-amz-date": null })))).toEqual([
        403,
        "AccessDenied",
      ]);
    });
  });

  describe("what is signed", () => {
    it("refuses another method, key or query than was signed", async () => {
      const { prefix, sign, send } = await aGatewayClient();
      await send(`${prefix}a`, { method: "PUT", body: "x" });
      const signed = await sign(`${prefix}a`);
      const { headers } = signed;
      const variants = [
        new Request(signed.url, { method: "DELETE", headers }),
        new Request(`${signed.url}b`, { headers }),
        new Request(`${signed.url}?uploadId=u`, { headers }),
        new Request(signed.url.replace("copra.test", "other.test"), { headers }),
      ];
      for (const variant of variants) {
        expect(await refusalOf(await sendToGateway(variant))).toEqual([403, "SignatureDoesNotMatch"]);
      }
      expect((await send(`${prefix}a`)).status).toBe(200);
    });

    it("refuses a body hash that was swapped for another one", async () => {
      const { prefix, sign } = await aGatewayClient();
      const init = { method: "PUT", body: "abc", headers: { "x-amz-content-sha256": "0".repeat(64) } };
      const swapped = tampered(await sign(`${prefix}a`, init), {
        "x-amz-content-sha256": "UNSIGNED-PAYLOAD",
      });
      expect(await refusalOf(await sendToGateway(swapped))).toEqual([403, "SignatureDoesNotMatch"]);
    });

    it("refuses a signed header that was changed", async () => {
      const { prefix, sign } = await aGatewayClient();
      const signed = await sign(`${prefix}a`, {
        method: "PUT",
        body: "x",
        headers: { "cache-control": "no-store" },
      });
      const changed = tampered(signed, { "cache-control": "public" });
      expect(await refusalOf(await sendToGateway(changed))).toEqual([403, "SignatureDoesNotMatch"]);
    });

    it("refuses an x-amz header that was added without a signature", async () => {
      const { prefix, sign } = await aGatewayClient();
      const signed = await sign(`${prefix}a`, { method: "PUT", body: "x" });
      expect(await refusalOf(await sendToGateway(tampered(signed, { "x-amz-acl": "public-read" })))).toEqual([
        403,
        "AccessDenied",
      ]);
    });

    it.each(["host", "x-amz-date", "x-amz-content-sha256"])(
      "refuses a signature that leaves out %s",
      async (name) => {
        const { prefix, sign } = await aGatewayClient();
        const signed = await sign(`${prefix}a`);
        const authorization = signed.headers.get("authorization") ?? "";
        const without = authorization.replace(/SignedHeaders=([^,]+)/, (_all, list: string) => {
          return `SignedHeaders=${list
            .split(";")
            .filter((header) => header !== name)
            .join(";")}`;
        });
        expect(await refusalOf(await sendToGateway(tampered(signed, { authorization: without })))).toEqual([
          403,
          "AccessDenied",
        ]);
      },
    );

    it("verifies a request that signs more headers than it must", async () => {
      const { prefix, aws, send } = await aGatewayClient();
      await send(`${prefix}a`, { method: "PUT", body: "0123" });
      const headers = { range: "bytes=1-2", "user-agent": "client  with   spaces" };
      const got = await sendToGateway(
        await aws.sign(objectUrl(`${prefix}a`), { headers, aws: { allHeaders: true } }),
      );
      expect(got.status).toBe(206);
      expect(await bodyText(got)).toBe("12");
    });
  });
});
