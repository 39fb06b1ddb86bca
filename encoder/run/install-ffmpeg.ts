/**
 * Makes sure that FFmpeg is there before anything needs it: `node encoder/run/install-ffmpeg.ts`, or
 * `ensureFfmpeg()` from another command. Only root on a Debian system gets it installed; others are told how.
 */
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import type { FfmpegTools } from "./ffmpeg.ts";
import { locateFfmpeg } from "./locate-ffmpeg.ts";
import { runProcess } from "./run-process.ts";

const APT_GET = "/usr/bin/apt-get";

/** 500 MB of packages over a slow line. */
const INSTALL_LIMIT_MS = 15 * 60_000;

/** The proxy settings are apt's own way out of a closed network. */
const PASSED_VARIABLES = ["http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"];

/** dpkg refuses to work without the system's own directories, which a user's PATH may lack. */
const SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/**
 * The tools, installed first when they are missing or too old and this may install them. Silent when they are there.
 *
 * @throws Error with one sentence that says what to install and how
 */
export async function ensureFfmpeg(): Promise<FfmpegTools> {
  try {
    return await locateFfmpeg();
  } catch (error) {
    // A path that someone chose is theirs to correct; installing another one would not change what it names.
    const isChosen = process.env["FFMPEG_PATH"] || process.env["FFPROBE_PATH"];
    if (isChosen || !canInstall()) {
      throw error;
    }
  }
  process.stderr.write("FFmpeg is missing or too old: installing it with apt-get …\n");
  await runApt(["update"]);
  await runApt(["install", "-y", "--no-install-recommends", "ffmpeg"]);
  return locateFfmpeg();
}

function canInstall(): boolean {
  return process.getuid?.() === 0 && existsSync("/etc/debian_version") && existsSync(APT_GET);
}

async function runApt(args: readonly string[]): Promise<void> {
  const passed = PASSED_VARIABLES.flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  const end = await runProcess({
    file: APT_GET,
    // Another apt on the machine, such as the daily update, holds the lock for a while.
    args: ["-q", "-o", "DPkg::Lock::Timeout=300", ...args],
    directory: tmpdir(),
    signal: new AbortController().signal,
    wallLimitMs: INSTALL_LIMIT_MS,
    limits: null,
    env: {
      ...Object.fromEntries(passed),
      PATH: SYSTEM_PATH,
      DEBIAN_FRONTEND: "noninteractive",
      LC_ALL: "C.UTF-8",
    },
  });
  if (end.exitCode !== 0) {
    const reason = end.stderrTail.trim().split("\n").at(-1) ?? "";
    throw new Error(`\`apt-get ${args.join(" ")}\` failed (${reason}): install ffmpeg 5.1 or newer by hand.`);
  }
}

if (import.meta.main) {
  try {
    await ensureFfmpeg();
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}
