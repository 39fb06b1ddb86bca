import { describe, expect, it } from "vitest";
import { TaskFailure } from "../../../../encoder/run/task-failure.ts";
import { encodeKey, objectUrl } from "../../../../encoder/storage/object-url.ts";

const store = { endpoint: "https://s3.example.com", bucket: "media", addressing: "path" } as const;

describe("encodeKey", () => {
  it.each([
    ["a b.mp4", "a%20b.mp4"],
    ["a+b.mp4", "a%2Bb.mp4"],
    ["100%.mp4", "100%25.mp4"],
    ["a%20b", "a%2520b"],
    ["übung/日本.mp4", "%C3%BCbung/%E6%97%A5%E6%9C%AC.mp4"],
    ["(1)!'*.mp4", "%281%29%21%27%2A.mp4"],
    ["a?b#c&d=e", "a%3Fb%23c%26d%3De"],
    ["-_.~", "-_.~"],
    ["a//b/", "a//b/"],
  ])("encodes %j as %s", (key, encoded) => {
    expect(encodeKey(key)).toBe(encoded);
  });
});

describe("objectUrl", () => {
  it("puts the bucket into the path, after the endpoint's own prefix", () => {
    expect(objectUrl({ ...store, endpoint: "http://127.0.0.1:8787/s3/" }, "a/b c").href).toBe(
      "http://127.0.0.1:8787/s3/media/a/b%20c",
    );
  });

  it("puts the bucket into the host name", () => {
    expect(objectUrl({ ...store, addressing: "virtual-host" }, "a+b").href).toBe(
      "https://media.s3.example.com/a%2Bb",
    );
  });

  it("keeps what a key looks like to the URL parser", () => {
    for (const key of ["a//b", "a\\b", "a;b", "%2e%2e/x", " lead", "tail ", "\t", "...", ".hidden"]) {
      expect(decodeURIComponent(objectUrl(store, key).pathname)).toBe(`/media/${key}`);
    }
  });

  it("encodes the query for signing", () => {
    expect(objectUrl(store, "k", { partNumber: "1", uploadId: "a+b/c=" }).search).toBe(
      "?partNumber=1&uploadId=a%2Bb%2Fc%3D",
    );
  });

  it.each(["../x", "a/../b", "a/.", "..", "\ud800"])("refuses the key %j, which no URL can carry", (key) => {
    expect(() => objectUrl(store, key)).toThrow(TaskFailure);
  });

  it("refuses a bucket in front of an IP address", () => {
    const literal = {
      endpoint: "http://127.0.0.1:9000",
      bucket: "media",
      addressing: "virtual-host",
    } as const;
    expect(() => objectUrl(literal, "k")).toThrow(TaskFailure);
  });
});
