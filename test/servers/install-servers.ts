/**
 * Makes sure that the servers and the browser of this tier are there: `node test/servers/install-servers.ts`.
 * Only root on a Debian system gets them installed; others are told how. Silent when all is there.
 */
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { runProcess } from "../../encoder/run/run-process.ts";

/** The Debian packages of the tier and a file of each that says it is there. */
const PACKAGES: Record<string, string> = {
  "swift-proxy": "/usr/bin/swift-proxy-server",
  "swift-account": "/usr/bin/swift-account-server",
  "swift-container": "/usr/bin/swift-container-server",
  "swift-object": "/usr/bin/swift-object-server",
  memcached: "/usr/bin/memcached",
  chromium: "/usr/bin/chromium",
};

const APT_GET = "/usr/bin/apt-get";

/** Asked by Debian before a package starts a daemon; status 101 forbids it. */
const POLICY_PATH = "/usr/sbin/policy-rc.d";

/** 400 MB of packages over a slow line. */
const INSTALL_LIMIT_MS = 15 * 60_000;

/** The proxy settings are apt's own way out of a closed network. */
const PASSED_VARIABLES = [
  "PATH",
  "http_proxy",
  "https_proxy",
  "no_proxy",
  "HTTP_PROXY",
  "HTTPS_PROXY",
  "NO_PROXY",
];

async function ensureServers(): Promise<void> {
  const missing = missingPackages();
  if (missing.length === 0) {
    return;
  }
  if (process.getuid?.() !== 0 || !existsSync("/etc/debian_version") || !existsSync(APT_GET)) {
    throw new Error(
      `This tier needs ${missing.join(", ")}: run it as root on Debian 12, ` +
        `or run \`sudo apt-get install --no-install-recommends ${missing.join(" ")}\`.`,
    );
  }
  process.stderr.write(`Installing ${missing.join(", ")} with apt-get …\n`);
  await runApt(["update"]);
  await withoutDaemons(() => runApt(["install", "-y", "--no-install-recommends", ...missing]));
  const absent = missingPackages();
  if (absent.length > 0) {
    const paths = absent.map((name) => PACKAGES[name]).join(", ");
    throw new Error(
      `apt-get installed ${absent.join(", ")} without ${paths}: this tier is made for Debian 12.`,
    );
  }
}

function missingPackages(): string[] {
  return Object.entries(PACKAGES)
    .filter(([, path]) => !existsSync(path))
    .map(([name]) => name);
}

/** The tests start their own servers; a machine that runs them once must not serve Swift ever after. */
async function withoutDaemons(install: () => Promise<void>): Promise<void> {
  if (existsSync(POLICY_PATH)) {
    return install();
  }
  writeFileSync(POLICY_PATH, "#!/bin/sh\nexit 101\n", { mode: 0o755 });
  try {
    await install();
  } finally {
    rmSync(POLICY_PATH, { force: true });
  }
}

async function runApt(args: readonly string[]): Promise<void> {
  const passed = PASSED_VARIABLES.flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  const end = await runProcess({
    file: APT_GET,
    // Another apt on the machine, such as the daily update, holds the lock for a while.
    args: ["-qq", "-o", "DPkg::Lock::Timeout=300", "-o", "Dpkg::Use-Pty=0", ...args],
    directory: tmpdir(),
    signal: new AbortController().signal,
    wallLimitMs: INSTALL_LIMIT_MS,
    limits: null,
    env: { ...Object.fromEntries(passed), DEBIAN_FRONTEND: "noninteractive", LC_ALL: "C.UTF-8" },
  });
  if (end.exitCode !== 0) {
    const reason = end.stderrTail.trim().split("\n").at(-1) ?? "";
    throw new Error(`\`apt-get ${args.join(" ")}\` failed (${reason}): install the packages by hand.`);
  }
}

try {
  await ensureServers();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
