import { describe, expect, it } from "vitest";
import { createLog, describeError, redactUrls } from "../../../encoder/log.ts";

describe("redactUrls", () => {
  it("removes userinfo, query and fragment and keeps the rest of the text", () => {
    expect(
      redactUrls("GET https://user:pa%40ss@media.example.com:8443/a/b.mp4?X-Amz-Signature=abc#t=1 failed"),
    ).toBe("GET https://media.example.com:8443/a/b.mp4 failed");
  });

  it("redacts every URL of a text", () => {
    const text = redactUrls('"http://a.example/?key=s3cret" and http://b.example/x?token=s3cret');
    expect(text).toBe('"http://a.example/" and http://b.example/x');
  });

  it("removes a password that holds an at sign or a slash-free secret", () => {
    expect(redactUrls("http://k:s3@cret@host/")).not.toContain("s3");
  });
});

describe("describeError", () => {
  it("tells the causes with their codes and no secret of a URL", () => {
    const cause = Object.assign(new Error("connect https://x.example/?sig=s3cret"), { code: "ECONNREFUSED" });
    const text = describeError(new Error("outer", { cause }));
    expect(text).toContain("outer");
    expect(text).toContain("ECONNREFUSED");
    expect(text).not.toContain("s3cret");
  });

  it("is bounded", () => {
    expect(describeError(new Error("x".repeat(100_000))).length).toBeLessThanOrEqual(4_000);
  });
});

describe("createLog", () => {
  it("writes one JSON line per operation", () => {
    const lines: string[] = [];
    createLog(
      (line) => lines.push(line),
      () => 0,
    )({ event: "task.encode", jobId: "j", durationMs: 5, outcome: "done" });
    expect(lines).toEqual([
      '{"at":"1970-01-01T00:00:00.000Z","event":"task.encode","jobId":"j","durationMs":5,"outcome":"done"}\n',
    ]);
  });
});
