/**
 * A real S3 server for tests: Debian's OpenStack Swift with its s3api, which checks every signature. Data, configuration
 * and logs live in a directory of its own, and nothing of it outlives `stop`, or the process that started it.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { openSync, closeSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { LAUNCHER_PATHS, runProcess } from "../../encoder/run/run-process.ts";
import { freePorts, LOOPBACK } from "../../worker/cli/ports.ts";

export type SwiftServer = {
  /** Such as `http://127.0.0.1:40001`, for path style. */
  endpoint: string;
  /** Host name that buckets are put before in virtual-host style. It is in no name service: clients connect to `endpoint`. */
  virtualHostDomain: string;
  /** Not S3's default one: a client that does not pass it on is refused. */
  region: string;
  accessKeyId: string;
  /** Made at random: whatever holds these characters leaked them. */
  secretAccessKey: string;
  /** Ends the processes and removes the data. Safe to call twice. */
  stop(): Promise<void>;
};

type Ports = { proxy: number; account: number; container: number; object: number; memcached: number };

type Child = { name: string; process: ChildProcess; logPath: string; ended: Promise<unknown> };

const REGION = "eu-test-7";
const ACCESS_KEY_ID = "test:tester";
const VIRTUAL_HOST_DOMAIN = "s3.test";

/** Five Python and C programs start on a busy machine. */
const READY_LIMIT_MS = 60_000;
const STOP_GRACE_MS = 3_000;

/** Four zones would keep copies; one device with one copy is enough to hold a test's objects. */
const RING_SCRIPT = `
import sys
from swift.common.ring.builder import RingBuilder
directory, *rings = sys.argv[1:]
for ring in rings:
    name, port = ring.split("=")
    builder = RingBuilder(4, 1, 1)
    builder.add_dev(dict(region=1, zone=1, ip="${LOOPBACK}", port=int(port), device="disk", weight=1.0))
    builder.rebalance(seed=1)
    builder.get_ring().save("%s/%s.ring.gz" % (directory, name))
`;

/**
 * Starts Swift and returns when it answers.
 *
 * @throws Error with the log of the server that did not start; nothing is left behind then.
 */
export async function startSwiftServer(): Promise<SwiftServer> {
  const directory = await mkdtemp(join(tmpdir(), "copra-swift-"));
  const children: Child[] = [];
  let stopping: Promise<void> | null = null;
  const stop = () => (stopping ??= stopAll(children, directory));
  try {
    const secretAccessKey = randomBytes(20).toString("hex");
    const ports = await claimPorts();
    await mkdir(join(directory, "devices/disk"), { recursive: true });
    await makeRings(directory, ports);
    for (const [name, text] of Object.entries(configurations(directory, ports, secretAccessKey))) {
      await writeFile(join(directory, `${name}.conf`), text, { mode: 0o600 });
      const args = [
        "/usr/bin/python3",
        `/usr/bin/swift-${name}`,
        join(directory, `${name}.conf`),
        "--verbose",
      ];
      children.push(startChild(directory, name, args));
    }
    children.push(startChild(directory, "memcached", memcachedCommand(ports.memcached)));
    await Promise.all(
      [ports.proxy, ports.account, ports.container, ports.object].map((port) =>
        waitUntilHealthy(port, children),
      ),
    );
    return {
      endpoint: `http://${LOOPBACK}:${ports.proxy}`,
      virtualHostDomain: VIRTUAL_HOST_DOMAIN,
      region: REGION,
      accessKeyId: ACCESS_KEY_ID,
      secretAccessKey,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function claimPorts(): Promise<Ports> {
  const [proxy = 0, account = 0, container = 0, object = 0, memcached = 0] = await freePorts(5);
  return { proxy, account, container, object, memcached };
}

/** The rings say which server has what: here everything is on the one device of the one server. */
async function makeRings(directory: string, ports: Ports): Promise<void> {
  const rings = [`account=${ports.account}`, `container=${ports.container}`, `object=${ports.object}`];
  const end = await runProcess({
    file: "/usr/bin/python3",
    args: ["-c", RING_SCRIPT, directory, ...rings],
    directory,
    signal: new AbortController().signal,
    wallLimitMs: READY_LIMIT_MS,
    limits: null,
  });
  if (end.exitCode !== 0) {
    throw new Error(`Swift's rings could not be made:\n${end.stderrTail}`);
  }
}

/** Paste configurations by the name of their server. Zero workers: one process each, in the foreground. */
function configurations(directory: string, ports: Ports, secretAccessKey: string): Record<string, string> {
  const common = (port: number) =>
    [
      "[DEFAULT]",
      `bind_ip = ${LOOPBACK}`,
      `bind_port = ${port}`,
      "workers = 0",
      `user = ${userInfo().username}`,
      `swift_dir = ${directory}`,
      `devices = ${join(directory, "devices")}`,
      "mount_check = false",
      // Space is reserved by default; a laptop's full disk is no reason to fail.
      "fallocate_reserve = 0",
      "disable_fallocate = true",
    ].join("\n");
  const storageServer = (name: string, port: number) => `${common(port)}
[pipeline:main]
pipeline = healthcheck ${name}-server
[app:${name}-server]
use = egg:swift#${name}
[filter:healthcheck]
use = egg:swift#healthcheck
`;
  return {
    "account-server": storageServer("account", ports.account),
    "container-server": storageServer("container", ports.container),
    "object-server": storageServer("object", ports.object),
    "proxy-server": `${common(ports.proxy)}
[pipeline:main]
pipeline = catch_errors healthcheck proxy-logging cache listing_formats s3api tempauth copy dlo slo symlink versioned_writes proxy-logging proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
[filter:s3api]
use = egg:swift#s3api
location = ${REGION}
storage_domain = ${VIRTUAL_HOST_DOMAIN}
# Keeps the ACLs of S3 instead of mapping them to Swift's own.
s3_acl = true
[filter:tempauth]
use = egg:swift#tempauth
user_${ACCESS_KEY_ID.replace(":", "_")} = ${secretAccessKey} .admin
[filter:cache]
use = egg:swift#memcache
memcache_servers = ${LOOPBACK}:${ports.memcached}
${[
  "catch_errors",
  "healthcheck",
  "proxy-logging",
  "listing_formats",
  "copy",
  "dlo",
  "slo",
  "symlink",
  "versioned_writes",
]
  .map((filter) => `[filter:${filter}]\nuse = egg:swift#${filter.replace("-", "_")}`)
  .join("\n")}
`,
  };
}

function memcachedCommand(port: number): string[] {
  // It refuses to run as root unless root is named.
  return [
    "/usr/bin/memcached",
    "-l",
    LOOPBACK,
    "-p",
    String(port),
    "-U",
    "0",
    "-u",
    userInfo().username,
    "-m",
    "16",
  ];
}

/** The kernel ends the child with the process that started it, so a killed test run leaves no server behind. */
function startChild(directory: string, name: string, command: readonly string[]): Child {
  const logPath = join(directory, `${name}.log`);
  const log = openSync(logPath, "a");
  const child = spawn(LAUNCHER_PATHS.setpriv, ["--pdeathsig", "KILL", "--", ...command], {
    cwd: directory,
    env: { PATH: "/usr/bin:/bin", LC_ALL: "C.UTF-8" },
    // A terminal's Ctrl-C reaches the tests, and they end the servers in order.
    detached: true,
    stdio: ["ignore", log, log],
  });
  closeSync(log);
  const ended = Promise.race([once(child, "exit"), once(child, "error")]);
  // `once` rejects on "error"; whoever waits for readiness reads the log.
  ended.catch(() => undefined);
  return { name, process: child, logPath, ended };
}

async function waitUntilHealthy(port: number, children: readonly Child[]): Promise<void> {
  const deadline = performance.now() + READY_LIMIT_MS;
  for (;;) {
    const response = await fetch(`http://${LOOPBACK}:${port}/healthcheck`).catch(() => null);
    if (response?.ok) {
      return;
    }
    const dead = children.find(
      (child) => child.process.exitCode !== null || child.process.signalCode !== null,
    );
    if (dead !== undefined || performance.now() > deadline) {
      throw new Error(`Swift did not start:\n${await logTails(dead === undefined ? children : [dead])}`);
    }
    await delay(100);
  }
}

async function logTails(children: readonly Child[]): Promise<string> {
  const tails = children.map(async ({ name, logPath }) => {
    const text = await readFile(logPath, "utf8").catch(() => "");
    return `${name}: ${text.slice(-2_000)}`;
  });
  return (await Promise.all(tails)).join("\n");
}

async function stopAll(children: readonly Child[], directory: string): Promise<void> {
  await Promise.all(children.map(stopChild));
  await rm(directory, { recursive: true, force: true });
}

async function stopChild(child: Child): Promise<void> {
  if (
    child.process.pid === undefined ||
    child.process.exitCode !== null ||
    child.process.signalCode !== null
  ) {
    return;
  }
  child.process.kill("SIGTERM");
  const kill = setTimeout(() => child.process.kill("SIGKILL"), STOP_GRACE_MS);
  await child.ended.catch(() => undefined);
  clearTimeout(kill);
}
