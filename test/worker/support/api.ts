/** Callers of the API: an account with a key, and requests as Coconut's SDKs send them. */
import { hex } from "@scure/base";
import { env, exports } from "cloudflare:workers";
import { openDatabase } from "../../../worker/db/client.ts";
import { accounts, apiKeys } from "../../../worker/db/schema.ts";

export type Account = { id: string; key: string; authorization: string };

/** A new account with one working key. */
export async function anAccount(options: { revoked?: boolean } = {}): Promise<Account> {
  const db = openDatabase(env.DB);
  const id = crypto.randomUUID();
  const key = `k-${crypto.randomUUID().replaceAll("-", "")}`;
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(key));
  await db
    .insert(accounts)
    .values({ id, name: id, webhookSecret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", createdAt: 1 });
  await db.insert(apiKeys).values({
    id: `key-${id}`,
    accountId: id,
    label: "test",
    keyHash: hex.encode(new Uint8Array(digest)),
    createdAt: 1,
    revokedAt: options.revoked === true ? 2 : null,
  });
  return { id, key, authorization: `Basic ${btoa(`${key}:`)}` };
}

/** One request through the Worker's own entry. */
export function request(path: string, init: RequestInit = {}): Promise<Response> {
  return exports.default.fetch(new Request(`https://copra.test${path}`, init));
}

/** A request with the account's key. */
export function as(account: Account, path: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  headers.set("authorization", account.authorization);
  return request(path, { ...init, headers });
}

/** Coconut's smallest job: its SDKs' tests send this. */
export function aJobBody(overrides: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    input: { url: "https://media.example.com/source.mp4?signature=hush" },
    storage: { service: "coconut" },
    notification: { type: "http", url: "https://hooks.example.com/coconut?token=hush" },
    outputs: { "mp4:720p": { path: "/720p.mp4" } },
    ...overrides,
  };
}

/** Posts a job and returns its JSON. */
export async function createJob(
  account: Account,
  overrides: Record<string, unknown> = {},
): Promise<{ id: string }> {
  const response = await as(account, "/v2/jobs", {
    method: "POST",
    body: JSON.stringify(aJobBody(overrides)),
  });
  if (response.status !== 201) {
    throw new Error(`POST /v2/jobs answered ${response.status}: ${await response.text()}`);
  }
  return response.json();
}
