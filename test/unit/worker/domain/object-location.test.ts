import { describe, expect, it } from "vitest";
import type { StorageSpec } from "../../../../worker/domain/job-spec.ts";
import { objectKey, publicUrl } from "../../../../worker/domain/object-location.ts";
import { parseStorage } from "../../../../worker/schemas/storage-request.ts";
import { anS3OtherStorage, anS3Storage, parsed } from "../../../support/request-bodies.ts";

const spec = (body: Record<string, unknown>): StorageSpec =>
  parsed((problems) => parseStorage(body, { allowPrivateNetwork: true }, problems)).spec;
const urlOf = (storage: StorageSpec, key = "a/video.mp4") =>
  publicUrl(storage, key, "https://copra.example.com/files/p");

describe("objectKey", () => {
  it.each([
    ["/", "/video.mp4", "video.mp4"],
    ["/", "video.mp4", "video.mp4"],
    ["", "/video.mp4", "video.mp4"],
    ["/prefix", "/video.mp4", "prefix/video.mp4"],
    ["/prefix/", "/video.mp4", "prefix/video.mp4"],
    ["prefix", "video.mp4", "prefix/video.mp4"],
    ["/a//b/", "//c//video.mp4", "a//b/c//video.mp4"],
    ["/", "_coconut//x.avi", "_coconut//x.avi"],
    ["/", "/", ""],
    ["/prefix", "/", "prefix/"],
  ])("joins %j and %j to %j", (storagePath, path, expected) => {
    expect(objectKey(storagePath, path)).toBe(expected);
  });
});

describe("publicUrl", () => {
  it.each<[string, Record<string, unknown>, string]>([
    ["us-east-1 as Coconut does", anS3Storage(), "https://mybucket.s3.amazonaws.com/a/video.mp4"],
    [
      "other regions by name",
      anS3Storage({ region: "eu-west-1" }),
      "https://mybucket.s3.eu-west-1.amazonaws.com/a/video.mp4",
    ],
    [
      "China's own domain",
      anS3Storage({ region: "cn-north-1" }),
      "https://mybucket.s3.cn-north-1.amazonaws.com.cn/a/video.mp4",
    ],
    [
      "a bucket with dots in the path",
      anS3Storage({ bucket: "my.bucket" }),
      "https://s3.amazonaws.com/my.bucket/a/video.mp4",
    ],
    [
      "path style where it is asked for",
      anS3Storage({ region: "eu-west-1", force_path_style: true }),
      "https://s3.eu-west-1.amazonaws.com/mybucket/a/video.mp4",
    ],
    [
      "http when secure is off",
      anS3Storage({ secure: false }),
      "http://mybucket.s3.amazonaws.com/a/video.mp4",
    ],
    [
      "another endpoint with the bucket before it",
      anS3OtherStorage(),
      "https://mybucket.objects.example.com/a/video.mp4",
    ],
    [
      "another endpoint with the bucket behind it",
      anS3OtherStorage({ force_path_style: true }),
      "https://objects.example.com/mybucket/a/video.mp4",
    ],
    [
      "an endpoint that has a path",
      anS3OtherStorage({ endpoint: "https://x.example.com/storage/v1/s3/" }),
      "https://x.example.com/storage/v1/s3/mybucket/a/video.mp4",
    ],
    [
      "a local store with its own scheme and port",
      anS3OtherStorage({ endpoint: "http://127.0.0.1:9000" }),
      "http://127.0.0.1:9000/mybucket/a/video.mp4",
    ],
    ["hosted files", { service: "coconut" }, "https://copra.example.com/files/p/a/video.mp4"],
  ])("addresses %s", (_, storage, expected) => {
    expect(urlOf(spec(storage))).toBe(expected);
  });

  it("percent-encodes what a URL cannot hold and keeps every slash", () => {
    const key = "a//b c/100%?#é+@:.mp4";
    const url = urlOf(spec(anS3Storage()), key);
    expect(url).toBe("https://mybucket.s3.amazonaws.com/a//b%20c/100%25%3F%23%C3%A9%2B%40%3A.mp4");
    expect(decodeURIComponent(new URL(url).pathname)).toBe(`/${key}`);
  });

  it("takes the hosted base with or without a trailing slash", () => {
    expect(publicUrl({ service: "coconut", path: "/" }, "v.mp4", "https://h/files/p/")).toBe(
      "https://h/files/p/v.mp4",
    );
  });
});
