/**
 * A strict S3 server in memory, for tests. It computes every signature again, insists on declared lengths and
 * canonical paths, and enforces R2's rule that all parts but the last are equal. `intercept` lets a test make it
 * misbehave.
 */
import { createHash, randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { AwsV4Signer } from "aws4fetch";
import type { ObjectStoreConfig } from "../../encoder/contract/object-store.ts";
import { startLocalServer } from "./local-server.ts";

type SinkObject = { bytes: Buffer; headers: Record<string, string> };
type SinkCall = {
  method: string;
  key: string;
  query: URLSearchParams;
  headers: IncomingMessage["headers"];
};

/** `drop` breaks the connection before anything is done; `lose` does the work and breaks it then. */
type Misbehaviour =
  | { httpStatus: number; code: string; headers?: Record<string, string> }
  | "drop"
  | "lose"
  | null;

export type S3Sink = {
  store: ObjectStoreConfig;
  objects: Map<string, SinkObject>;
  /** Multipart uploads that were begun and neither completed nor aborted. */
  openUploads: Map<string, { key: string; headers: Record<string, string>; parts: Map<number, Buffer> }>;
  /** Every request with a valid signature, in order. */
  calls: SinkCall[];
  /** Asked for each such request before it is done. */
  intercept: (call: SinkCall) => Misbehaviour | Promise<Misbehaviour>;
  close: () => Promise<void>;
};

const BUCKET = "test-bucket";
const CREDENTIALS = { accessKeyId: "AKTEST", secretAccessKey: "secret/with+signs" };

type Reply = { httpStatus: number; headers?: Record<string, string>; body?: string | Buffer };
const refusal = (httpStatus: number, code: string): Reply => ({
  httpStatus,
  body: `<Error><Code>${code}</Code></Error>`,
});

export async function startS3Sink(): Promise<S3Sink> {
  const sink: Omit<S3Sink, "store" | "close"> = {
    objects: new Map(),
    openUploads: new Map(),
    calls: [],
    intercept: () => null,
  };
  const server = await startLocalServer((request, response) => answer(sink, request, response));
  const store: ObjectStoreConfig = {
    endpoint: server.origin,
    region: "test-region",
    bucket: BUCKET,
    addressing: "path",
    credentials: CREDENTIALS,
    objectHeaders: {},
    network: "own",
  };
  return Object.assign(sink, { store, close: server.close });
}

async function answer(
  sink: Omit<S3Sink, "store" | "close">,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(`http://${request.headers.host}${request.url}`);
  const refused = await checkSignature(request, url);
  if (refused !== null) {
    request.resume();
    return send(response, refused);
  }
  const target = splitTarget(url);
  const call = {
    method: request.method ?? "",
    key: target.key,
    query: url.searchParams,
    headers: request.headers,
  };
  sink.calls.push(call);
  const misbehaviour = await sink.intercept(call);
  if (misbehaviour === "drop") {
    response.destroy();
    return;
  }
  const body = await readBody(request);
  if (body === null) {
    return;
  }
  if (misbehaviour !== null && misbehaviour !== "lose") {
    return send(response, {
      ...refusal(misbehaviour.httpStatus, misbehaviour.code),
      headers: misbehaviour.headers ?? {},
    });
  }
  const reply = target.bucket === BUCKET ? perform(sink, call, body) : refusal(404, "NoSuchBucket");
  if (misbehaviour === "lose") {
    response.destroy();
    return;
  }
  send(response, reply);
}

function perform(sink: Omit<S3Sink, "store" | "close">, call: SinkCall, body: Buffer): Reply {
  const uploadId = call.query.get("uploadId");
  if (uploadId !== null) {
    return performUpload(sink, call, body, uploadId);
  }
  switch (call.method) {
    case "POST":
      return createUpload(sink, call);
    case "PUT":
      if (call.headers["content-length"] === undefined) {
        return refusal(411, "MissingContentLength");
      }
      sink.objects.set(call.key, { bytes: body, headers: keptHeaders(call.headers) });
      return { httpStatus: 200, headers: { etag: etagOf(body) } };
    case "DELETE":
      sink.objects.delete(call.key);
      return { httpStatus: 204 };
    default:
      return readObject(sink.objects.get(call.key), call);
  }
}

function readObject(object: SinkObject | undefined, call: SinkCall): Reply {
  if (object === undefined) {
    return refusal(404, "NoSuchKey");
  }
  const first = Number(/^bytes=(\d+)-$/.exec(call.headers.range ?? "")?.[1] ?? 0);
  const bytes = object.bytes.subarray(first);
  return {
    httpStatus: call.headers.range === undefined ? 200 : 206,
    headers: { etag: etagOf(object.bytes) },
    body: bytes,
  };
}

function createUpload(sink: Omit<S3Sink, "store" | "close">, call: SinkCall): Reply {
  // Stores put characters into upload ids that have to be encoded in a query.
  const uploadId = `${randomUUID()}+/=&`;
  sink.openUploads.set(uploadId, { key: call.key, headers: keptHeaders(call.headers), parts: new Map() });
  const escaped = uploadId.replace("&", "&amp;");
  return { httpStatus: 200, body: `<?xml version="1.0"?><R><UploadId>${escaped}</UploadId></R>` };
}

function performUpload(
  sink: Omit<S3Sink, "store" | "close">,
  call: SinkCall,
  body: Buffer,
  uploadId: string,
): Reply {
  const upload = sink.openUploads.get(uploadId);
  if (upload === undefined || upload.key !== call.key) {
    return refusal(404, "NoSuchUpload");
  }
  if (call.method === "DELETE") {
    sink.openUploads.delete(uploadId);
    return { httpStatus: 204 };
  }
  if (call.method === "PUT") {
    if (call.headers["x-amz-acl"] !== undefined || call.headers["cache-control"] !== undefined) {
      return refusal(400, "InvalidArgument");
    }
    upload.parts.set(Number(call.query.get("partNumber")), body);
    return { httpStatus: 200, headers: { etag: etagOf(body) } };
  }
  const named = [...body.toString().matchAll(/<PartNumber>(\d+)<\/PartNumber><ETag>([^<]*)<\/ETag>/g)];
  const parts = named.map(([, number]) => upload.parts.get(Number(number)) ?? Buffer.alloc(0));
  const known = named.every(([, number, etag], index) => {
    const part = upload.parts.get(Number(number));
    return Number(number) === index + 1 && part !== undefined && etagOf(part) === etag;
  });
  const sizes = parts.map(({ length }) => length);
  const last = sizes.at(-1) ?? 0;
  if (!known || sizes.length !== upload.parts.size) {
    return refusal(400, "InvalidPart");
  }
  if (sizes.slice(0, -1).some((size) => size !== sizes[0] || size < last)) {
    return refusal(400, "InvalidPart: All non-trailing parts must have the same length.");
  }
  sink.objects.set(call.key, { bytes: Buffer.concat(parts), headers: upload.headers });
  sink.openUploads.delete(uploadId);
  return {
    httpStatus: 200,
    body: "<CompleteMultipartUploadResult><ETag>x-2</ETag></CompleteMultipartUploadResult>",
  };
}

/** Null for a valid signature over everything that matters. */
async function checkSignature(request: IncomingMessage, url: URL): Promise<Reply | null> {
  const match =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, SignedHeaders=([a-z0-9;-]+), Signature=([0-9a-f]{64})$/.exec(
      request.headers.authorization ?? "",
    );
  const datetime = String(request.headers["x-amz-date"]);
  if (match === null || !/^\d{8}T\d{6}Z$/.test(datetime)) {
    return refusal(400, "AuthorizationHeaderMalformed");
  }
  const signed = String(match[4]).split(";");
  const mustBeSigned = Object.keys(request.headers).filter(
    (name) => name === "host" || name.startsWith("x-amz-"),
  );
  if (
    match[1] !== CREDENTIALS.accessKeyId ||
    match[3] !== "test-region" ||
    mustBeSigned.some((name) => !signed.includes(name))
  ) {
    return refusal(403, "AccessDenied");
  }
  // What S3 signs is the RFC 3986 encoding of the decoded path; anything else on the wire is another key.
  const path = String(request.url).split("?")[0] ?? "";
  const canonical = path
    .split("/")
    .map((part) => strictEncode(decodeURIComponent(part)))
    .join("/");
  if (canonical !== path) {
    return refusal(403, "SignatureDoesNotMatch");
  }
  const headers = new Headers(
    signed.filter((name) => name !== "host").map((name) => [name, String(request.headers[name])]),
  );
  const expected = await new AwsV4Signer({
    ...CREDENTIALS,
    method: request.method ?? "",
    url: url.href,
    headers,
    service: "s3",
    region: "test-region",
    datetime,
    allHeaders: true,
  }).signature();
  return expected === match[5] ? null : refusal(403, "SignatureDoesNotMatch");
}

function strictEncode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function splitTarget(url: URL): { bucket: string; key: string } {
  const path = url.pathname.slice(1);
  if (url.hostname.startsWith(`${BUCKET}.`)) {
    return { bucket: BUCKET, key: decodeURIComponent(path) };
  }
  const slash = path.indexOf("/");
  return { bucket: decodeURIComponent(path.slice(0, slash)), key: decodeURIComponent(path.slice(slash + 1)) };
}

/** Null when the client went away in the middle. */
async function readBody(request: IncomingMessage): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of request) {
      chunks.push(chunk);
    }
  } catch {
    return null;
  }
  return Buffer.concat(chunks);
}

function keptHeaders(headers: IncomingMessage["headers"]): Record<string, string> {
  const kept = /^(content-type|cache-control|expires|x-amz-acl|x-amz-storage-class)$/;
  return Object.fromEntries(
    Object.entries(headers)
      .filter(([name]) => kept.test(name))
      .map(([name, value]) => [name, String(value)]),
  );
}

function etagOf(bytes: Buffer): string {
  return `"${createHash("sha1").update(bytes).digest("hex")}"`;
}

function send(response: ServerResponse, { httpStatus, headers, body = "" }: Reply): void {
  response.writeHead(httpStatus, { ...headers, "content-length": Buffer.byteLength(body) }).end(body);
}
