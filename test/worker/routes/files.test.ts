import { env } from "cloudflare:workers";
import { Hono } from "hono";
import { describe, expect, it } from "vitest";
import { files } from "../../../worker/routes/files.ts";
import { bodyText } from "../support/body-text.ts";

const app = new Hono<{ Bindings: Env }>().route("/files", files);
const TEN_BYTES = "0123456789";

function get(path: string, init: RequestInit = {}): Promise<Response> {
  return Promise.resolve(app.fetch(new Request(`http://copra.test${path}`, init), env));
}

async function aHostedFile(name = "video.mp4", options: R2PutOptions = {}) {
  const folder = crypto.randomUUID();
  const stored = await env.MEDIA.put(`hosted/${folder}/${name}`, TEN_BYTES, options);
  return { path: `/files/${folder}/${encodeURIComponent(name)}`, stored };
}

async function refusalOf(response: Response) {
  const contentType = response.headers.get("Content-Type");
  return { httpStatus: response.status, contentType, envelope: await response.json() };
}

function aRefusal(httpStatus: number, code: string) {
  const envelope = { message: expect.any(String), error_code: code, status: "error" };
  return { httpStatus, contentType: "application/json", envelope };
}

describe("GET /files/:key", () => {
  describe("200", () => {
    it("sends the file with its length, version, date and type", async () => {
      const { path, stored } = await aHostedFile("a.mp4", { httpMetadata: { contentType: "video/mp4" } });
      const response = await get(path);
      expect(response.status).toBe(200);
      expect(await bodyText(response)).toBe(TEN_BYTES);
      expect(Object.fromEntries(response.headers)).toMatchObject({
        "content-type": "video/mp4",
        "content-length": "10",
        etag: stored.httpEtag,
        "last-modified": stored.uploaded.toUTCString(),
        "accept-ranges": "bytes",
        "cache-control": "public, max-age=3600",
      });
    });

    it("keeps the cache rule that the file was stored with", async () => {
      const { path } = await aHostedFile("a.mp4", { httpMetadata: { cacheControl: "max-age=7" } });
      expect((await get(path)).headers.get("Cache-Control")).toBe("max-age=7");
    });

    it.each([
      ["master.m3u8", 2],
      ["master.mpd", 2],
      ["MASTER.MPD", 2],
      ["segment-0.ts", 3600],
      ["seg-0.m4s", 3600],
      ["a.m3u8.mp4", 3600],
    ])("lets caches keep %s for %i s", async (name, seconds) => {
      const { path } = await aHostedFile(name);
      expect((await get(path)).headers.get("Cache-Control")).toBe(`public, max-age=${seconds}`);
    });

    it.each([
      ["a.m3u8", "application/vnd.apple.mpegurl"],
      ["a.mpd", "application/dash+xml"],
      ["a.ts", "video/mp2t"],
      ["a.m4s", "video/iso.segment"],
      ["a.vtt", "text/vtt; charset=utf-8"],
      ["a.key", "application/octet-stream"],
      ["a.MP4", "video/mp4"],
      ["a.jpg", "image/jpeg"],
      ["a", "application/octet-stream"],
      ["a.unknown", "application/octet-stream"],
    ])("serves %s, stored without a type, as %s", async (name, contentType) => {
      const { path } = await aHostedFile(name);
      expect((await get(path)).headers.get("Content-Type")).toBe(contentType);
    });

    it.each(["a b.mp4", "a+b.mp4", "é (1).mp4", "100%.mp4", "it's~.mp4", "日本.mp4"])(
      "finds the file %j by its encoded name",
      async (name) => {
        const { path } = await aHostedFile(name);
        expect((await get(path)).status).toBe(200);
      },
    );

    it("answers HEAD like GET, without the bytes", async () => {
      const { path, stored } = await aHostedFile();
      const response = await get(path, { method: "HEAD" });
      expect(response.status).toBe(200);
      expect(response.headers.get("Content-Length")).toBe("10");
      expect(response.headers.get("ETag")).toBe(stored.httpEtag);
      expect(await bodyText(response)).toBe("");
    });
  });

  describe("206", () => {
    it.each([
      ["bytes=0-3", "0123", "bytes 0-3/10"],
      ["bytes=4-", "456789", "bytes 4-9/10"],
      ["bytes=-2", "89", "bytes 8-9/10"],
      ["bytes=-99", TEN_BYTES, "bytes 0-9/10"],
      ["bytes=9-50", "9", "bytes 9-9/10"],
    ])("sends %s and says which bytes they are", async (range, expected, contentRange) => {
      const { path } = await aHostedFile();
      const response = await get(path, { headers: { range } });
      expect(response.status).toBe(206);
      expect(response.headers.get("Content-Range")).toBe(contentRange);
      expect(response.headers.get("Content-Length")).toBe(String(expected.length));
      expect(await bodyText(response)).toBe(expected);
    });

    it("honours If-Range only for the same version", async () => {
      const { path, stored } = await aHostedFile();
      const range = "bytes=0-3";
      const conditions = [
        [stored.httpEtag, 206],
        [stored.uploaded.toUTCString(), 206],
        ['"other"', 200],
        [`W/${stored.httpEtag}`, 200],
        ["Sat, 01 Jan 2000 00:00:00 GMT", 200],
      ] as const;
      for (const [ifRange, status] of conditions) {
        const response = await get(path, { headers: { range, "if-range": ifRange } });
        expect(response.status).toBe(status);
        expect(await bodyText(response)).toBe(status === 206 ? "0123" : TEN_BYTES);
      }
    });

    it("sends the whole file when a range beyond the end is tied to another version", async () => {
      const { path } = await aHostedFile();
      const response = await get(path, { headers: { range: "bytes=50-", "if-range": '"other"' } });
      expect(response.status).toBe(200);
      expect(await bodyText(response)).toBe(TEN_BYTES);
    });
  });

  describe("304 and 412", () => {
    it("answers 304 without a body when the client has this version", async () => {
      const { path, stored } = await aHostedFile();
      for (const tag of [stored.httpEtag, `W/${stored.httpEtag}`, `"x", ${stored.httpEtag}`, "*"]) {
        const response = await get(path, { headers: { "if-none-match": tag } });
        expect(response.status).toBe(304);
        expect(response.headers.get("ETag")).toBe(stored.httpEtag);
        expect(response.headers.get("Cache-Control")).toBe("public, max-age=3600");
        expect(await bodyText(response)).toBe("");
      }
      expect((await get(path, { headers: { "if-none-match": '"x"' } })).status).toBe(200);
    });

    it("answers 304 when the file has not changed since the client's date, unless a version says otherwise", async () => {
      const { path, stored } = await aHostedFile();
      const since = stored.uploaded.toUTCString();
      expect((await get(path, { headers: { "if-modified-since": since } })).status).toBe(304);
      expect(
        (await get(path, { headers: { "if-modified-since": since, "if-none-match": '"x"' } })).status,
      ).toBe(200);
      const past = "Sat, 01 Jan 2000 00:00:00 GMT";
      expect((await get(path, { headers: { "if-modified-since": past } })).status).toBe(200);
    });

    it("answers 412 when the client asks for another version, or for one it knows only weakly", async () => {
      const { path, stored } = await aHostedFile();
      for (const tag of ['"x"', `W/${stored.httpEtag}`]) {
        const response = await get(path, { headers: { "if-match": tag } });
        expect(await refusalOf(response)).toEqual(aRefusal(412, "precondition_failed"));
      }
      expect((await get(path, { headers: { "if-match": stored.httpEtag } })).status).toBe(200);
    });
  });

  describe("416", () => {
    it.each(["bytes=10-", "bytes=10-20", "bytes=-0"])("refuses %s and names the size", async (range) => {
      const { path } = await aHostedFile();
      const response = await get(path, { headers: { range } });
      expect(response.headers.get("Content-Range")).toBe("bytes */10");
      expect(await refusalOf(response)).toEqual(aRefusal(416, "range_not_satisfiable"));
    });
  });

  describe("404", () => {
    it("answers an unknown file with the envelope, uncached and readable from other sites", async () => {
      const response = await get("/files/none.mp4");
      expect(response.headers.get("Cache-Control")).toBe("no-store");
      expect(response.headers.get("Access-Control-Allow-Origin")).toBe("*");
      expect(await refusalOf(response)).toEqual(aRefusal(404, "not_found"));
    });

    it.each(["/files", "/files/", "/files/%", "/files/%ff", "/files/a%00b", `/files/${"x".repeat(1100)}`])(
      "answers %j with the envelope",
      async (path) => {
        expect(await refusalOf(await get(path))).toEqual(aRefusal(404, "not_found"));
      },
    );
  });

  describe("405", () => {
    it.each(["POST", "PUT", "DELETE", "PATCH"])("refuses %s and changes nothing", async (method) => {
      const { path } = await aHostedFile();
      const response = await get(path, { method });
      expect(response.headers.get("Allow")).toBe("GET, HEAD, OPTIONS");
      expect(await refusalOf(response)).toEqual(aRefusal(405, "method_not_allowed"));
      expect(await bodyText(await get(path))).toBe(TEN_BYTES);
    });
  });

  describe("the border of hosted/", () => {
    const TRAVERSALS = [
      "../work/secret.mp4",
      "a/../../work/secret.mp4",
      "%2e%2e/work/secret.mp4",
      "..%2fwork%2fsecret.mp4",
      "a%2f..%2f..%2fwork%2fsecret.mp4",
      "%252e%252e/work/secret.mp4",
      "%252e%252e%252fwork%252fsecret.mp4",
      "..%5cwork%5csecret.mp4",
      "/work/secret.mp4",
      "//work/secret.mp4",
      "work/secret.mp4",
      "%2fwork/secret.mp4",
      "hosted/../work/secret.mp4",
    ];

    it.each(TRAVERSALS)("never leaves hosted/ by the path %j", async (path) => {
      await env.MEDIA.put("work/secret.mp4", "secret");
      const response = await get(`/files/${path}`);
      expect(response.status).toBe(404);
      expect(await bodyText(response)).not.toContain("secret.mp4");
    });

    it("refuses dot segments even where an object has such a name", async () => {
      await env.MEDIA.put("hosted/../odd.mp4", "odd");
      await env.MEDIA.put("hosted/%2e%2e/odd.mp4", "odd");
      expect((await get("/files/..%2fodd.mp4")).status).toBe(404);
      expect((await get("/files/%252e%252e/odd.mp4")).status).toBe(404);
    });
  });

  describe("headers for other sites and for safety", () => {
    it("lets a player on any site read the file and what describes it", async () => {
      const { path } = await aHostedFile();
      const response = await get(path, { headers: { origin: "https://player.example" } });
      expect(response.headers.get("Access-Control-Allow-Origin")).toBe("*");
      const exposed = response.headers.get("Access-Control-Expose-Headers") ?? "";
      for (const name of ["Accept-Ranges", "Content-Range", "Content-Length", "ETag"]) {
        expect(exposed).toContain(name);
      }
    });

    it("answers a preflight for a ranged request", async () => {
      const headers = {
        origin: "https://player.example",
        "access-control-request-method": "GET",
        "access-control-request-headers": "range",
      };
      const response = await get("/files/any.mp4", { method: "OPTIONS", headers });
      expect(response.status).toBe(204);
      expect(response.headers.get("Access-Control-Allow-Origin")).toBe("*");
      expect(response.headers.get("Access-Control-Allow-Methods")).toBe("GET,HEAD");
      expect(response.headers.get("Access-Control-Allow-Headers")).toBe("range");
    });

    it("gives a file that is opened directly no script and no guessed type", async () => {
      const { path } = await aHostedFile("a.html", { httpMetadata: { contentType: "text/html" } });
      const response = await get(path);
      expect(response.headers.get("X-Content-Type-Options")).toBe("nosniff");
      const policy = response.headers.get("Content-Security-Policy") ?? "";
      expect(policy).toContain("default-src 'none'");
      expect(policy).toMatch(/sandbox$/);
    });
  });
});
