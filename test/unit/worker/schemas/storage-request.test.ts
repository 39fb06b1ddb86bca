import { describe, expect, it } from "vitest";
import { objectStoreSchema } from "../../../../encoder/contract/object-store.ts";
import { parseStorage } from "../../../../worker/schemas/storage-request.ts";
import { anS3OtherStorage, anS3Storage, parsed } from "../../../support/request-bodies.ts";

const parse = (value: unknown) =>
  parsed((problems) => parseStorage(value, { allowPrivateNetwork: true }, problems));

describe("parseStorage", () => {
  it("takes hosted storage, which needs nothing", () => {
    expect(parse({ service: "coconut" })).toEqual({
      spec: { service: "coconut", path: "/" },
      credentials: null,
    });
    expect(parse({ service: "coconut", path: "/tests/" }).spec.path).toBe("/tests/");
  });

  it("turns every key of s3 into what the encoder needs", () => {
    const storage = anS3Storage({
      ...{ region: "eu-west-1", path: "/videos", secure: false, acl: "bucket-owner-full-control" },
      ...{ storage_class: "STANDARD_IA", cache_control: "public, max-age=86400" },
      ...{ expires: "Thu, 31 Dec 2037 23:55:55 GMT", force_path_style: true },
    });
    expect(parse(storage)).toEqual({
      spec: {
        service: "s3",
        endpoint: "https://s3.eu-west-1.amazonaws.com",
        region: "eu-west-1",
        bucket: "mybucket",
        addressing: "path",
        path: "/videos",
        secure: false,
        objectHeaders: {
          "x-amz-acl": "bucket-owner-full-control",
          "x-amz-storage-class": "STANDARD_IA",
          "cache-control": "public, max-age=86400",
          expires: "Thu, 31 Dec 2037 23:55:55 GMT",
        },
      },
      credentials: { accessKeyId: "AKIAEXAMPLE", secretAccessKey: "s3cr3t-canary" },
    });
  });

  it("sets no header that was not asked for: many buckets refuse ACLs", () => {
    expect(parse(anS3Storage()).spec).toMatchObject({ objectHeaders: {} });
  });

  it.each([
    ["mybucket", "virtual-host"],
    ["my-bucket-1", "virtual-host"],
    ["my.bucket", "path"],
    ["My_Bucket", "path"],
    ["ab", "path"],
  ])("addresses bucket %s by %s", (bucket, addressing) => {
    expect(parse(anS3Storage({ bucket })).spec).toMatchObject({ addressing });
    expect(parse(anS3OtherStorage({ bucket })).spec).toMatchObject({ addressing });
  });

  it.each([
    [
      "https://account.r2.cloudflarestorage.com",
      "https://account.r2.cloudflarestorage.com",
      "virtual-host",
      true,
    ],
    [
      "https://account.r2.cloudflarestorage.com/",
      "https://account.r2.cloudflarestorage.com",
      "virtual-host",
      true,
    ],
    ["http://minio.example.com:9000", "http://minio.example.com:9000", "virtual-host", false],
    ["http://127.0.0.1:9000", "http://127.0.0.1:9000", "path", false],
    ["http://[::1]:9000", "http://[::1]:9000", "path", false],
    ["http://localhost:9000", "http://localhost:9000", "path", false],
    ["https://x.example.com/storage/v1/s3", "https://x.example.com/storage/v1/s3", "path", true],
  ])("takes endpoint %s", (given, endpoint, addressing, secure) => {
    const { spec, credentials } = parse(anS3OtherStorage({ endpoint: given }));
    expect(spec).toMatchObject({ endpoint, addressing, secure, region: "us-east-1" });
    const store = { ...spec, credentials, network: "public" };
    expect(objectStoreSchema.safeParse(store).error).toBeUndefined();
  });

  it.each(["auto", "us-east-1", "fsn1", "EU_CENTRAL"])("takes region %s of another vendor", (region) => {
    expect(parse(anS3OtherStorage({ region })).spec).toMatchObject({ region });
  });

  it.each(["us-east-1", "eu-central-1", "ap-southeast-4", "us-gov-west-1", "cn-north-1", "me-south-1"])(
    "takes AWS region %s",
    (region) => {
      expect(parse(anS3Storage({ region })).spec).toMatchObject({ region });
    },
  );

  it("takes other vendors' storage classes", () => {
    const { spec } = parse(anS3OtherStorage({ storage_class: "COLDLINE" }));
    expect(spec).toMatchObject({ objectHeaders: { "x-amz-storage-class": "COLDLINE" } });
  });

  it("keeps double slashes of the path", () => {
    expect(parse(anS3Storage({ path: "/a//b/" })).spec.path).toBe("/a//b/");
  });

  it("reads empty texts as absent and overlooks keys of an input that shares the hash", () => {
    const storage = anS3Storage({ path: "", endpoint: "", acl: "", key: "/source.mp4", metadata: { a: 1 } });
    expect(parse(storage).spec).toMatchObject({ path: "/", objectHeaders: {} });
  });
});
