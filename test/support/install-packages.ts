/**
 * Makes sure that Debian packages which tests need are there. Only root on a Debian system gets them installed; others
 * are told how. Silent when all is there.
 */
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { runProcess } from "../../encoder/run/run-process.ts";

/** Packages, and a file of each that says it is there. */
type Packages = Readonly<Record<string, string>>;

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

/** Installs what is missing; ends the process with a failure and one sentence when that cannot be done. */
export async function installPackages(packages: Packages): Promise<void> {
  try {
    await ensurePackages(packages);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}

async function ensurePackages(packages: Packages): Promise<void> {
  const missing = missingPackages(packages);
  if (missing.length === 0) {
    return;
  }
  if (process.getuid?.() !== 0 || !existsSync("/etc/debian_version") || !existsSync(APT_GET)) {
    throw new Error(
      `These tests need ${missing.join(", ")}: run it as root on Debian 12, ` +
        `or run \`sudo apt-get install --no-install-recommends ${missing.join(" ")}\`.`,
    );
  }
  process.stderr.write(`Installing ${missing.join(", ")} with apt-get …\n`);
  await runApt(["update"]);
  await withoutDaemons(() => runApt(["install", "-y", "--no-install-recommends", ...missing]));
  const absent = missingPackages(packages);
  if (absent.length > 0) {
    const paths = absent.map((name) => packages[name]).join(", ");
    throw new Error(
      `apt-get installed ${absent.join(", ")} without ${paths}: this tier is made for Debian 12.`,
    );
  }
}

function missingPackages(packages: Packages): string[] {
  return Object.entries(packages)
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
