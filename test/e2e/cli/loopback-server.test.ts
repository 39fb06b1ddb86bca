import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startLoopbackServer, type LoopbackServer } from "../../../worker/cli/demo/loopback-server.ts";

const CONTENT = Buffer.from(Array.from({ length: 1_000 }, (_, index) => index % 251));

let directory: string;
let server: LoopbackServer;
const received: string[] = [];

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "copra-loopback-"));
  const sourcePath = join(directory, "a film & more?.mp4");
  writeFileSync(sourcePath, CONTENT);
  server = await startLoopbackServer({ sourcePath, onWebhook: (body) => received.push(body) });
});

afterAll(async () => {
  await server.stop();
  rmSync(directory, { recursive: true, force: true });
});

function get(headers: Record<string, string> = {}): Promise<Response> {
  return fetch(server.sourceUrl ?? "", { headers });
}

describe("startLoopbackServer", () => {
  it("serves the file whole, whatever its name holds", async () => {
    const response = await get();
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe("video/mp4");
    expect(response.headers.get("content-length")).toBe("1000");
    expect(Buffer.from(await response.arrayBuffer())).toEqual(CONTENT);
  });

  it.each([
    ["bytes=0-99", "bytes 0-99/1000", CONTENT.subarray(0, 100)],
    ["bytes=900-", "bytes 900-999/1000", CONTENT.subarray(900)],
    ["bytes=999-5000", "bytes 999-999/1000", CONTENT.subarray(999)],
  ])("serves the part %s", async (range, contentRange, part) => {
    const response = await get({ range });
    expect(response.status).toBe(206);
    expect(response.headers.get("content-range")).toBe(contentRange);
    expect(Buffer.from(await response.arrayBuffer())).toEqual(part);
  });

  it("refuses a part behind the end", async () => {
    const response = await get({ range: "bytes=1000-" });
    expect(response.status).toBe(416);
    expect(response.headers.get("content-range")).toBe("bytes */1000");
  });

  it("hands webhooks over as they came", async () => {
    const response = await fetch(server.webhookUrl, { method: "POST", body: '{"a": 1 }' });
    expect(response.status).toBe(200);
    expect(received).toEqual(['{"a": 1 }']);
  });
});
