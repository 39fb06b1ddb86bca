import { readFileSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { availableParallelism, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { basicAuth } from "../../../worker/cli/health.ts";
import { loadSecrets, statePaths } from "../../../worker/cli/dev-state.ts";
import { startService, type Service } from "../../../worker/cli/service.ts";
import { leftoversOf, processesOf, runCli, startCli, type CliProcess } from "../../support/cli-process.ts";

const KEY = "k-00000000000000000000000000000000";
const READY = /^ready (?<url>http:\/\/127\.0\.0\.1:\d+)\/v2 key (?<key>k-[0-9a-f]{32})\n$/;

let root: string;

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "copra-dev-"));
});

afterAll(() => rmSync(root, { recursive: true, force: true }));

async function ready(dev: CliProcess): Promise<{ url: string; key: string }> {
  const groups = (await dev.printed(READY)).groups ?? {};
  return { url: groups["url"] ?? "", key: groups["key"] ?? "" };
}

/** 404 when the key counts, 401 when it does not: no job has this id. */
async function statusWith(url: string, key: string): Promise<number> {
  return (await fetch(`${url}/v2/jobs/AAAAAAAAAAAAAA`, { headers: basicAuth(key) })).status;
}

/** The promise of 15 s is for a machine that has nothing else to do; what else runs takes its share of the time. */
function slowdown(): number {
  return Math.max(1, (loadavg()[0] ?? 0) / availableParallelism());
}

describe("npm run dev", () => {
  it("prints one line when everything answers, and ends everything on SIGTERM", async () => {
    const state = join(root, "first");
    const startedAt = performance.now();
    const dev = startCli("dev", ["--port", "0", "--state", state, "--encoders", "3"]);
    const { url, key } = await ready(dev);
    expect(performance.now() - startedAt).toBeLessThan(15_000 * slowdown());
    expect(key).toBe(KEY);
    expect(await statusWith(url, KEY)).toBe(404);
    expect(await statusWith(url, "k-11111111111111111111111111111111")).toBe(401);
    const encoders = processesOf(state).filter((found) =>
      /^\S+node \S+encoder\/main\.ts$/.test(found.commandLine),
    );
    expect(encoders).toHaveLength(3);

    dev.child.kill("SIGTERM");
    expect(await dev.ended).toEqual({ code: 0, signal: null });
    expect(dev.stdout()).toMatch(READY);
    expect(await leftoversOf(state, 0)).toEqual([]);
    await expect(fetch(`${url}/health`)).rejects.toThrow();
  });

  it("goes on with the same state: secrets stay, until --fresh makes new ones", async () => {
    const state = join(root, "kept");
    const paths = statePaths(state);
    const run = async (...flags: string[]) => {
      const dev = startCli("dev", ["--port", "0", "--state", state, "--encoders", "1", ...flags]);
      await ready(dev);
      const commandLines = processesOf(state).map((found) => found.commandLine);
      dev.child.kill("SIGTERM");
      await dev.ended;
      return { secrets: loadSecrets(paths), commandLines };
    };
    const first = await run();
    expect(Buffer.from(first.secrets.masterKey, "base64")).toHaveLength(32);
    expect(statSync(paths.secretsPath).mode & 0o777).toBe(0o600);
    const listed = await runCli("keys", ["list", "--state", state]);
    expect((await run()).secrets).toEqual(first.secrets);
    expect((await runCli("keys", ["list", "--state", state])).stdout).toMatch(/whsec_/);
    expect(secretIn((await runCli("keys", ["list", "--state", state])).stdout)).toBe(secretIn(listed.stdout));

    const fresh = await run("--fresh");
    expect(fresh.secrets.masterKey).not.toBe(first.secrets.masterKey);
    expect(secretIn((await runCli("keys", ["list", "--state", state])).stdout)).not.toBe(
      secretIn(listed.stdout),
    );
    // A command line is everybody's to read.
    for (const secret of [first.secrets.masterKey, first.secrets.encoderToken]) {
      expect(first.commandLines.join("\n")).not.toContain(secret);
    }
  });

  it("takes COPRA_DEV_KEY in place of the fixed key, which counts no more", async () => {
    const state = join(root, "own-key");
    const own = "k-0123456789abcdef0123456789abcdef";
    const dev = startCli("dev", ["--port", "0", "--state", state, "--encoders", "1"], {
      env: { COPRA_DEV_KEY: own },
    });
    const { url, key } = await ready(dev);
    expect(key).toBe(own);
    expect(await statusWith(url, own)).toBe(404);
    expect(await statusWith(url, KEY)).toBe(401);
    dev.child.kill("SIGTERM");
    await dev.ended;
  });

  const NPM = ["npm", "run", "dev", "--"] as const;
  // A shell that stays: its death is the death of a parent.
  const SHELL = ["/bin/sh", "-c", `"${process.execPath}" worker/cli/dev.ts "$@"; true`, "sh"] as const;
  const CLOSED_STDIN = [
    "/bin/sh",
    "-c",
    `exec "${process.execPath}" worker/cli/dev.ts "$@" <&-`,
    "sh",
  ] as const;

  it.each([
    { who: "the command", signal: "SIGINT", command: undefined },
    { who: "the command", signal: "SIGHUP", command: undefined },
    { who: "the command", signal: "SIGKILL", command: undefined },
    { who: "the command with stdin closed", signal: "SIGTERM", command: CLOSED_STDIN },
    { who: "the shell that started it", signal: "SIGKILL", command: SHELL },
    { who: "npm", signal: "SIGTERM", command: NPM },
    { who: "npm", signal: "SIGKILL", command: NPM },
  ] as const)("leaves no process behind when $who gets $signal", async ({ signal, command }) => {
    const state = mkdtempSync(join(root, "end-"));
    const args = ["--port", "0", "--state", state, "--encoders", "1"];
    const dev = startCli("dev", args, command === undefined ? {} : { command });
    await dev.printed(/^ready /m);
    // The command, two guards, an encoder, wrangler and its two workerds.
    await expect.poll(() => processesOf(state).length, { timeout: 15_000 }).toBeGreaterThanOrEqual(7);
    process.kill(dev.child.pid ?? 0, signal);
    expect(await leftoversOf(state, 15_000)).toEqual([]);
  });

  it("leaves no process behind when it is ended while starting", async () => {
    const state = mkdtempSync(join(root, "early-"));
    const dev = startCli("dev", ["--port", "0", "--state", state]);
    const isStarting = () => processesOf(state).some((found) => found.commandLine.includes("wrangler"));
    await expect.poll(isStarting, { timeout: 15_000 }).toBe(true);
    dev.child.kill("SIGTERM");
    expect(await dev.ended).toEqual({ code: 0, signal: null });
    expect(dev.stdout()).toBe("");
    expect(await leftoversOf(state, 0)).toEqual([]);
  });

  it("starts again at once on the state of a run that was killed", async () => {
    const state = mkdtempSync(join(root, "killed-"));
    const killed = startCli("dev", ["--port", "0", "--state", state]);
    const { url } = await ready(killed);
    killed.child.kill("SIGKILL");
    await killed.ended;
    const again = startCli("dev", ["--port", new URL(url).port, "--state", state]);
    expect((await ready(again)).url).toBe(url);
    again.child.kill("SIGTERM");
    await again.ended;
  });
});

describe("npm run dev, refusing", () => {
  let occupied: Server;
  let port: number;

  beforeAll(async () => {
    occupied = createServer();
    await new Promise<void>((listening) => occupied.listen(0, "127.0.0.1", listening));
    const address = occupied.address();
    port = typeof address === "object" && address !== null ? address.port : 0;
  });

  afterAll(() => void occupied.close());

  it("says in one sentence that the port is in use", async () => {
    const state = join(root, "port");
    const { code, stdout, stderr } = await runCli("dev", ["--port", String(port), "--state", state]);
    expect({ code, stdout, stderr }).toEqual({
      code: 1,
      stdout: "",
      stderr: `Port ${port} is in use: stop what listens there, or choose another with --port.\n`,
    });
    expect(await leftoversOf(state, 0)).toEqual([]);
  });

  it("answers a wrong command line with what is wrong and the usage", async () => {
    const { code, stdout, stderr } = await runCli("dev", ["--prot", "1"]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(/^Unknown option '--prot'\.\n\nUsage: npm run dev /);
  });

  it("refuses a COPRA_DEV_KEY that is not shaped like a key", async () => {
    const { code, stderr } = await runCli("dev", ["--port", "0", "--state", join(root, "bad-key")], {
      COPRA_DEV_KEY: "hunter2",
    });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^COPRA_DEV_KEY is not an API key: give k- and 32 .*\n$/);
    expect(stderr).not.toContain("hunter2");
  });

  it("passes on the one sentence about a missing FFmpeg", async () => {
    const state = join(root, "no-ffmpeg");
    const { code, stderr } = await runCli("dev", ["--port", "0", "--state", state], {
      FFMPEG_PATH: "/nowhere/ffmpeg",
    });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^FFMPEG_PATH names \/nowhere\/ffmpeg.*\n$/);
  });
});

describe("startService", () => {
  let service: Service;
  let stateDir: string;
  const reports: string[] = [];

  beforeAll(async () => {
    stateDir = mkdtempSync(join(root, "service-"));
    service = await startService({
      stateDir,
      port: 0,
      encoderCount: 2,
      report: (line) => reports.push(line),
    });
  });

  afterAll(() => service.stop());

  it("tells how to reach it and its parts", async () => {
    expect(service.key).toBe(KEY);
    expect(service.webhookSecret).toMatch(/^whsec_/);
    expect(service.encoderPids()).toHaveLength(2);
    for (const url of service.encoderUrls) {
      const headers = { authorization: `Bearer ${service.encoderToken}` };
      expect((await fetch(`${url}/health`, { headers })).status).toBe(200);
      expect((await fetch(`${url}/health`)).status).toBe(401);
    }
  });

  it("refuses a second service on its state and names the first", async () => {
    const { code, stderr } = await runCli("dev", ["--port", "0", "--state", stateDir]);
    expect(code).toBe(1);
    expect(stderr).toBe(
      `Another Copra (process ${process.pid}, ${service.url}) runs on the state in ${stateDir}: ` +
        "stop it, or give this one its own with --state DIR.\n",
    );
    expect(await statusWith(service.url, KEY)).toBe(404);
  });

  it("starts a killed encoder again on the same port", async () => {
    const [first, second] = service.encoderPids();
    process.kill(first ?? 0, "SIGKILL");
    await expect
      .poll(() => service.encoderPids(), { timeout: 10_000 })
      .toSatisfy(
        (pids: number[]) => pids.length === 2 && !pids.includes(first ?? 0) && pids.includes(second ?? 0),
      );
    const health = async () => {
      const headers = { authorization: `Bearer ${service.encoderToken}` };
      return fetch(`${service.encoderUrls[0]}/health`, { headers }).then(
        (answer) => answer.status,
        () => 0,
      );
    };
    await expect.poll(health, { timeout: 10_000 }).toBe(200);
    expect(reports).toEqual(["The encoder 1 ended (SIGKILL); it is started again."]);
  });

  it("ends in a sentence when the Worker's runtime dies, and starts again on the same state", async () => {
    process.kill(-service.workerGroupId, "SIGKILL");
    expect(await service.failed).toMatch(/^The worker ended \(SIGKILL\), and the service with it\./);
    await service.stop();
    expect(await leftoversOf(stateDir, 0)).toEqual([]);
    service = await startService({ stateDir, port: 0, encoderCount: 1 });
    expect(await statusWith(service.url, KEY)).toBe(404);
  });

  it("keeps the children's output in the state's logs", () => {
    expect(readFileSync(join(stateDir, "logs/encoder-1.log"), "utf8")).toContain("encoder listening on");
    expect(readFileSync(join(stateDir, "logs/worker.log"), "utf8")).toContain("Ready on");
  });
});

function secretIn(listing: string): string | undefined {
  return /whsec_\S+/.exec(listing)?.[0];
}
