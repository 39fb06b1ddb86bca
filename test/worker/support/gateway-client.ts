/** A real S3 client (aws4fetch) in front of the gateway, mounted as the Worker mounts it. */
import { AwsClient } from "aws4fetch";
import { env } from "cloudflare:workers";
import { Hono } from "hono";
import { gateway } from "../../../worker/gateway/gateway.ts";
import { mintGatewayCredentials } from "../../../worker/gateway/gateway-credentials.ts";
import { type MasterKey, parseMasterKey } from "../../../worker/secrets/master-key.ts";

export const ORIGIN = "http://copra.test";

const app = new Hono<{ Bindings: Env }>().route("/s3", gateway);

type GrantOverrides = {
  prefix?: string;
  access?: "r" | "rw";
  expiresAt?: number;
  masterKey?: MasterKey;
  secretAccessKey?: string;
};

export type SendInit = {
  method?: string;
  headers?: Record<string, string>;
  body?: string | Uint8Array<ArrayBuffer>;
  /** The request's timestamp, as `YYYYMMDDTHHMMSSZ`. */
  datetime?: string;
};

/** Credentials for `work/<fresh id>/` unless told otherwise. */
export async function aGatewayClient(overrides: GrantOverrides = {}) {
  const prefix = overrides.prefix ?? `work/${crypto.randomUUID()}/`;
  const credentials = await mintGatewayCredentials({
    masterKey: overrides.masterKey ?? parseMasterKey(env.COPRA_MASTER_KEY),
    prefix,
    access: overrides.access ?? "rw",
    expiresAt: overrides.expiresAt ?? Date.now() + 60_000,
  });
  const aws = new AwsClient({
    ...credentials,
    ...pickSecret(overrides),
    service: "s3",
    region: "auto",
    retries: 0,
  });

  /** `key` is a literal object key; `query` starts with a question mark. */
  async function sign(key: string, init: SendInit = {}, query = ""): Promise<Request> {
    const { datetime, ...request } = init;
    const signed = await aws.sign(objectUrl(key) + query, {
      ...request,
      ...(datetime && { aws: { datetime } }),
    });
    const headers = new Headers(signed.headers);
    if (init.method === "PUT" || init.method === "POST") {
      headers.set("content-length", String(byteLength(init.body)));
    }
    return new Request(signed, { headers });
  }

  async function send(key: string, init: SendInit = {}, query = ""): Promise<Response> {
    return sendToGateway(await sign(key, init, query));
  }

  return { prefix, aws, sign, send };
}

/** Percent-encodes as S3 clients do: everything but the slashes between segments. */
export function objectUrl(key: string): string {
  const path = encodeURIComponent(key)
    .replaceAll("%2F", "/")
    .replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
  return `${ORIGIN}/s3/copra/${path}`;
}

export async function sendToGateway(request: Request): Promise<Response> {
  return app.fetch(request, env);
}

/** The S3 error code of an XML answer. */
export async function errorCodeOf(response: Response): Promise<string | undefined> {
  return /<Code>([^<]+)<\/Code>/.exec(await response.text())?.[1];
}

function pickSecret(overrides: GrantOverrides): { secretAccessKey?: string } {
  return overrides.secretAccessKey === undefined ? {} : { secretAccessKey: overrides.secretAccessKey };
}

function byteLength(body: SendInit["body"]): number {
  return typeof body === "string" ? new TextEncoder().encode(body).length : (body?.length ?? 0);
}
