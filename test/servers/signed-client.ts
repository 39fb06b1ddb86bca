/** An S3 client that shares no code with Copra's: what it reads is what a customer would find in the bucket. */
import { createHash } from "node:crypto";
import { AwsClient } from "aws4fetch";
import type { SwiftServer } from "../support/swift-server.ts";

export type SignedClient = {
  /** `path` starts with the bucket and is percent-encoded already. */
  send(path: string, init?: { method?: string; range?: string }): Promise<Response>;
  createBucket(bucket: string): Promise<void>;
  /** An object's bytes. @throws Error when the store does not have it. */
  read(path: string): Promise<Buffer>;
  /** All keys of a bucket, in the store's order. */
  listKeys(bucket: string): Promise<string[]>;
  /** Keys of multipart uploads that were begun and never ended. */
  listUploads(bucket: string): Promise<string[]>;
  /** A URL that is valid for some minutes and needs no header: what a program without keys reads from. */
  presign(path: string): Promise<string>;
};

export function signedClient(swift: SwiftServer): SignedClient {
  const { endpoint, region, accessKeyId, secretAccessKey } = swift;
  const aws = new AwsClient({ accessKeyId, secretAccessKey, region, service: "s3", retries: 0 });
  const send: SignedClient["send"] = (path, { method = "GET", range } = {}) =>
    aws.fetch(`${endpoint}/${path}`, { method, ...(range && { headers: { range } }) });
  const text = async (path: string): Promise<string> => (await expectOk(await send(path), path)).text();
  return {
    send,
    createBucket: async (bucket) => {
      await expectOk(await send(bucket, { method: "PUT" }), bucket);
    },
    read: async (path) => Buffer.from(await (await expectOk(await send(path), path)).arrayBuffer()),
    listKeys: async (bucket) => keysOf(await text(`${bucket}?list-type=2`)),
    listUploads: async (bucket) => keysOf(await text(`${bucket}?uploads`)),
    presign: async (path) => (await aws.sign(`${endpoint}/${path}`, { aws: { signQuery: true } })).url,
  };
}

export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

async function expectOk(response: Response, path: string): Promise<Response> {
  if (!response.ok) {
    throw new Error(`${path} was answered with ${response.status}: ${await response.text()}`);
  }
  return response;
}

function keysOf(xml: string): string[] {
  const entities: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };
  return [...xml.matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, key = ""]) =>
    key.replace(/&(\w+);/g, (whole, name: string) => entities[name] ?? whole),
  );
}
