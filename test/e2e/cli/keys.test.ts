import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { basicAuth } from "../../../worker/cli/health.ts";
import { textKeyDatabase } from "../../../worker/cli/key-database.ts";
import { createKey, listKeys, revokeKey } from "../../../worker/cli/key-store.ts";
import { wranglerRunner } from "../../../worker/cli/remote-database.ts";
import { startService, type Service } from "../../../worker/cli/service.ts";
import { runCli } from "../../support/cli-process.ts";

const HOSTILE = `it's "quoted"; DROP TABLE api_keys; -- ?`;

let root: string;

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "copra-keys-"));
});

afterAll(() => rmSync(root, { recursive: true, force: true }));

/** A field of what `create` prints. */
function field(output: string, name: string): string {
  return new RegExp(`^${name} +(\\S+)`, "m").exec(output)?.[1] ?? "";
}

describe("npm run keys beside a running service", () => {
  let service: Service;

  beforeAll(async () => {
    service = await startService({ stateDir: join(root, "state"), port: 0, encoderCount: 1 });
  });

  afterAll(() => service.stop());

  const keys = (...args: string[]) => runCli("keys", [...args, "--state", service.stateDir]);

  async function statusWith(key: string): Promise<number> {
    return (await fetch(`${service.url}/v2/jobs/AAAAAAAAAAAAAA`, { headers: basicAuth(key) })).status;
  }

  it("creates a key that counts at once, shows its use, and revokes it at once", async () => {
    const created = await keys("create", "--account", "Acme", "--label", HOSTILE);
    expect(created).toMatchObject({ code: 0, stderr: "" });
    const key = field(created.stdout, "key");
    const id = field(created.stdout, "id");
    expect(key).toMatch(/^k-[0-9a-f]{32}$/);
    expect(created.stdout).toContain("shown this once");
    expect((await keys("list")).stdout).toMatch(new RegExp(`${id} .* never +no +it's "quoted"; DROP`));

    expect(await statusWith(key)).toBe(404);
    await expect
      .poll(async () => (await keys("list")).stdout, { timeout: 10_000 })
      .toMatch(new RegExp(`${id} .* UTC .* UTC +no +`));

    expect((await keys("revoke", id)).stdout).toBe(`${id} is revoked.\n`);
    expect(await statusWith(key)).toBe(401);
    expect((await keys("revoke", id)).stdout).toMatch(new RegExp(`^${id} is revoked since .* UTC\\.$`, "m"));
    const listed = (await keys("list")).stdout;
    expect(listed).toContain(field(created.stdout, "secret"));
    expect(listed).not.toContain(key);
  });

  it("works while the Worker is busy with the same database, which answers on at the latest when asked again", async () => {
    let isOver = false;
    const statuses = new Set<number>();
    const traffic = Array.from({ length: 4 }, async () => {
      while (!isOver) {
        // workerd does not wait for a lock: a request that meets one is told that it can be sent again.
        const status = await statusWith(service.key);
        statuses.add(status === 500 ? await statusWith(service.key) : status);
      }
    });
    const created = await Promise.all(
      Array.from({ length: 4 }, (_, index) => keys("create", "--account", `Busy ${index}`, "--label", "x")),
    );
    isOver = true;
    await Promise.all(traffic);
    expect(created.map((result) => [result.code, result.stderr])).toEqual(created.map(() => [0, ""]));
    expect([...statuses]).toEqual([404]);
    for (const result of created) {
      expect(await statusWith(field(result.stdout, "key"))).toBe(404);
    }
  });
});

describe("npm run keys on its own", () => {
  it("makes the state with the first key, and nothing by looking", async () => {
    const state = join(root, "new");
    const looked = await runCli("keys", ["list", "--state", state]);
    expect(looked).toMatchObject({ code: 1, stdout: "" });
    expect(looked.stderr).toContain(`There are no keys in ${state}`);
    expect(readdirSync(root)).not.toContain("new");
    await runCli("keys", ["create", "--account", "Acme", "--label", "first", "--state", state]);
    expect((await runCli("keys", ["list", "--state", state])).stdout).toMatch(
      /^Acme \(acc_\w+\) +webhook secret whsec_/,
    );
  });

  it("answers a wrong command line with what is wrong and the usage", async () => {
    const { code, stdout, stderr } = await runCli("keys", ["delete"]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(
      /^"delete" is not one of create, list and revoke\.\n\nUsage: npm run keys -- create /,
    );
  });
});

describe("wranglerRunner", () => {
  it("writes and reads through wrangler what the other way reads and writes", async () => {
    const state = join(root, "wrangler");
    const own = await runCli("keys", ["create", "--account", HOSTILE, "--label", "own", "--state", state]);
    const database = textKeyDatabase(wranglerRunner(["--local", "--persist-to", join(state, "state")]));
    const created = await createKey(database, { accountName: HOSTILE, label: HOSTILE, now: 5 });
    expect(created.account).toMatchObject({ isNew: false, webhookSecret: field(own.stdout, "secret") });
    await revokeKey(database, created.id, 6);
    const listed = await listKeys(database);
    expect(listed.map((entry) => [entry.key?.label, entry.key?.revokedAt])).toEqual([
      [HOSTILE, 6],
      ["own", null],
    ]);
    expect((await runCli("keys", ["list", "--state", state])).stdout).toContain(created.id);
  });
});
