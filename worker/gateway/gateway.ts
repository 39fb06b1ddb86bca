/**
 * Copra's own S3 endpoint over the R2 binding: what an encoder writes to when the storage is Copra's. It speaks
 * enough S3 for any client to put, get and delete single objects, and it trusts nothing but signatures.
 */
import { Hono } from "hono";
import { baseRoutePath } from "hono/route";
import { errorText, log } from "../log.ts";
import { parseMasterKey } from "../secrets/master-key.ts";
import type { GatewayGrant } from "./gateway-credentials.ts";
import { type GatewayRequest, checkHeaders, parseGatewayKey } from "./gateway-request.ts";
import {
  abortMultipartUpload,
  completeMultipartUpload,
  createMultipartUpload,
  uploadPart,
} from "./multipart.ts";
import { deleteObject, putObject, readOperation } from "./object-operations.ts";
import { S3Error, fromR2Error, toS3ErrorResponse } from "./s3-error.ts";
import { verifySignature } from "./verify-signature.ts";

type Operation = { access: "r" | "w"; run: (request: GatewayRequest) => Promise<Response> };

/** Method and sorted names of the query parameters, as S3 tells operations apart. */
const OPERATIONS: Record<string, Operation> = {
  GET: { access: "r", run: readOperation },
  HEAD: { access: "r", run: readOperation },
  PUT: { access: "w", run: putObject },
  DELETE: { access: "w", run: deleteObject },
  "POST uploads": { access: "w", run: createMultipartUpload },
  "PUT partNumber,uploadId": { access: "w", run: uploadPart },
  "POST uploadId": { access: "w", run: completeMultipartUpload },
  "DELETE uploadId": { access: "w", run: abortMultipartUpload },
};

const METHODS = ["GET", "HEAD", "PUT", "POST", "DELETE"];

/** Mount it at a path of its own; the bucket comes next in the path, then the key. */
export const gateway = new Hono<{ Bindings: Env }>();

gateway.all("*", async (c) => {
  const url = new URL(c.req.url);
  // Before anything else, so that an unsigned request learns nothing, not even what exists.
  const grant = await verifySignature(c.req.raw, parseMasterKey(c.env.COPRA_MASTER_KEY), Date.now());
  const operation = findOperation(c.req.method, url.searchParams);
  const key = parseGatewayKey(url.pathname, baseRoutePath(c));
  checkGrant(grant, operation, key);
  checkHeaders(c.req.raw.headers, operation.access);
  return operation.run({ bucket: c.env.MEDIA, key, query: url.searchParams, request: c.req.raw });
});

gateway.onError((error, c) => {
  const known = fromR2Error(error);
  if (known instanceof S3Error) {
    return toS3ErrorResponse(known, c.req.path);
  }
  log("error", "gateway.request", { method: c.req.method, path: c.req.path, error: errorText(error) });
  return toS3ErrorResponse(
    new S3Error("InternalError", "The request failed inside the gateway. Try again."),
    c.req.path,
  );
});

function findOperation(method: string, query: URLSearchParams): Operation {
  // AWS SDKs repeat the operation's name in x-id; it selects nothing.
  const names = [...new Set(query.keys())].filter((name) => name !== "x-id").toSorted();
  const operation = OPERATIONS[[method, names.join(",")].filter((part) => part !== "").join(" ")];
  if (operation !== undefined) {
    return operation;
  }
  if (!METHODS.includes(method)) {
    throw new S3Error("MethodNotAllowed", `The method ${method} is not part of S3.`, {
      Allow: METHODS.join(", "),
    });
  }
  throw new S3Error(
    "NotImplemented",
    `${method} with the parameters [${names.join(", ")}] is not supported.`,
  );
}

function checkGrant(grant: GatewayGrant, operation: Operation, key: string): void {
  if (!key.startsWith(grant.prefix)) {
    throw new S3Error("AccessDenied", `These credentials open keys below "${grant.prefix}" only.`);
  }
  if (operation.access === "w" && grant.access !== "rw") {
    throw new S3Error("AccessDenied", "These credentials only read.");
  }
}
