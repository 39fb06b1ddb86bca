import { Hono } from "hono";
import { describe, expect, it } from "vitest";
import { play } from "../../../worker/routes/play.ts";

const app = new Hono().route("/play", play);

function get(path: string): Promise<Response> {
  return Promise.resolve(app.request(`http://copra.test${path}`));
}

function getPlayer(src: string): Promise<Response> {
  return get(`/play?src=${encodeURIComponent(src)}`);
}

function policyOf(response: Response): string[] {
  return (response.headers.get("Content-Security-Policy") ?? "").split(/;\s*/);
}

describe("GET /play", () => {
  it.each(["/files/a/master.m3u8", "/files/2026/11/23/0a/é (1)/master.m3u8", "/files/a%20b.m3u8"])(
    "serves the player for the hosted playlist %j",
    async (src) => {
      const response = await getPlayer(src);
      expect(response.status).toBe(200);
      expect(response.headers.get("Content-Type")).toBe("text/html; charset=UTF-8");
      expect(await response.text()).toContain("<video");
    },
  );

  it.each([
    "",
    "master.m3u8",
    "files/a.m3u8",
    "/files/a.mp4",
    "/files/.m3u8/../a",
    "/files/",
    "/v2/jobs.m3u8",
    "/files/../v2/jobs.m3u8",
    "/files/%2e%2e/v2/jobs.m3u8",
    "/files/..%2fv2%2fjobs.m3u8",
    "/files/\\..\\..\\x.m3u8",
    "//evil.example/files/a.m3u8",
    "/\\evil.example/files/a.m3u8",
    "https://evil.example/files/a.m3u8",
    "http://copra.test/files/a.m3u8",
    "javascript:alert(1)//files/a.m3u8",
    "data:text/html,/files/a.m3u8",
    "/files/a.m3u8?x=1",
    "/files/a.m3u8#x",
    "/files/a.mp4?.m3u8",
    "/files/%ff.m3u8",
    " /files/a.m3u8",
  ])("refuses src %j with 400 and says what it must be", async (src) => {
    const response = await getPlayer(src);
    expect(response.status).toBe(400);
    const page = await response.text();
    expect(page).toContain("must be the path of an HLS playlist that this server hosts");
    expect(page).not.toContain("<video");
  });

  it("says that src is missing", async () => {
    const response = await get("/play");
    expect(response.status).toBe(400);
    expect(await response.text()).toContain("it is missing");
  });

  it("goes by the first src when there are several, as the page's script does", async () => {
    expect((await get("/play?src=/files/a.m3u8&src=https://evil.example/")).status).toBe(200);
    expect((await get("/play?src=https://evil.example/&src=/files/a.m3u8")).status).toBe(400);
  });

  it.each([
    `"><script>alert(1)</script>.m3u8`,
    `'><img src=x onerror=alert(1)>`,
    "<svg/onload=alert(1)>",
    "&lt;b&gt;",
  ])("shows the refused src %j as text, never as markup", async (src) => {
    const page = await (await getPlayer(src)).text();
    expect(page).not.toContain(src);
    expect(page).not.toMatch(/<script|<img|<svg|<b>/);
  });

  it("puts nothing of src into the player's page", async () => {
    const one = await (await getPlayer("/files/one.m3u8")).text();
    const other = await (await getPlayer("/files/%3Cscript%3Ealert(1)%3C%2Fscript%3E.m3u8")).text();
    expect(other).toBe(one);
  });

  it("lets the page run scripts of this origin only, and keeps its address to itself", async () => {
    for (const response of [await getPlayer("/files/a.m3u8"), await get("/play")]) {
      expect(policyOf(response)).toEqual(
        expect.arrayContaining([
          "default-src 'none'",
          "script-src 'self'",
          "style-src 'self'",
          "connect-src 'self'",
          "base-uri 'none'",
          "frame-ancestors 'none'",
        ]),
      );
      expect(response.headers.get("Referrer-Policy")).toBe("no-referrer");
      expect(response.headers.get("X-Content-Type-Options")).toBe("nosniff");
      const page = await response.text();
      expect(page).not.toMatch(/<script(?![^>]* src=)|<style| style=| on[a-z]+=|javascript:/);
    }
  });

  it("refers to files that exist under /play and to nothing else", async () => {
    const page = await (await getPlayer("/files/a.m3u8")).text();
    const paths = [...page.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(([, path = ""]) => path);
    expect(paths).toEqual(expect.arrayContaining(["/play/hls.js", "/play/player.js", "/play/player.css"]));
    for (const path of paths.filter((candidate) => candidate !== "/play")) {
      expect((await get(path)).status).toBe(200);
    }
  });
});

describe("GET /play/:asset", () => {
  it.each([
    ["/play/hls.js", "text/javascript; charset=utf-8", "hlsManifestParsed"],
    ["/play/player.js", "text/javascript; charset=utf-8", "loadSource"],
    ["/play/player.css", "text/css; charset=utf-8", "color-scheme"],
  ])("serves %s as %s", async (path, contentType, content) => {
    const response = await get(path);
    expect(response.status).toBe(200);
    expect(response.headers.get("Content-Type")).toBe(contentType);
    expect(response.headers.get("X-Content-Type-Options")).toBe("nosniff");
    expect(await response.text()).toContain(content);
  });

  it("serves a script that finds every element it asks for in the page", async () => {
    const page = await (await getPlayer("/files/a.m3u8")).text();
    const script = await (await get("/play/player.js")).text();
    const ids = [...script.matchAll(/(?:element|setText)\("([a-z-]+)"/g)].map(([, id]) => id);
    expect(ids.length).toBeGreaterThan(10);
    for (const id of ids) {
      expect(page).toContain(`id="${id}"`);
    }
  });

  it("serves nothing else", async () => {
    expect((await get("/play/player.html")).status).toBe(404);
    expect((await get("/play/hls.js.map")).status).toBe(404);
  });
});
