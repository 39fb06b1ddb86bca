/** Finds ffmpeg and ffprobe on this machine, and says in one sentence what is missing when they are not usable. */
import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, isAbsolute, join, resolve } from "node:path";
import type { FfmpegTools } from "./ffmpeg.ts";
import { LAUNCHER_PATHS, runProcess } from "./run-process.ts";

/** The release and its libavutil, which builds without a release number state too. */
const MIN_VERSION = "5.1";
const MIN_LIBAVUTIL = { major: 57, minor: 28 };

const HOW_TO_INSTALL =
  "install it with `apt-get install ffmpeg` (Debian 12 or Ubuntu 24.04 and newer) or `brew install ffmpeg` (macOS), " +
  "or set FFMPEG_PATH and FFPROBE_PATH";

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The tools from `FFMPEG_PATH` and `FFPROBE_PATH`, else from `PATH`.
 *
 * @throws Error with one sentence that says what to install and how
 */
export async function locateFfmpeg(environment: Environment = process.env): Promise<FfmpegTools> {
  const [ffmpegPath, ffprobePath] = await Promise.all([
    findTool("ffmpeg", "FFMPEG_PATH", environment),
    findTool("ffprobe", "FFPROBE_PATH", environment),
    requireLaunchers(),
  ]);
  const [version] = await Promise.all([readVersion(ffmpegPath), readVersion(ffprobePath)]);
  return { ffmpegPath, ffprobePath, version };
}

async function findTool(name: string, variable: string, environment: Environment): Promise<string> {
  const chosen = environment[variable];
  if (chosen) {
    const path = resolve(chosen);
    if (await isExecutable(path)) {
      return path;
    }
    throw new Error(
      `${variable} names ${chosen}, which is not a program: correct it, or unset it to use PATH.`,
    );
  }
  // A relative entry would be resolved against another directory later.
  const directories = (environment["PATH"] ?? "").split(delimiter).filter(isAbsolute);
  for (const directory of directories) {
    const path = join(directory, name);
    if (await isExecutable(path)) {
      return path;
    }
  }
  throw new Error(`Copra needs ${name} ${MIN_VERSION} or newer, which is not on PATH: ${HOW_TO_INSTALL}.`);
}

async function requireLaunchers(): Promise<void> {
  const paths = process.platform === "linux" ? Object.values(LAUNCHER_PATHS) : [];
  const found = await Promise.all(paths.map(isExecutable));
  if (found.includes(false)) {
    throw new Error(
      `Copra needs ${paths.join(" and ")}, which are not there: install the package util-linux.`,
    );
  }
}

/** The version that the tool prints, when it is recent enough and has H.264. */
async function readVersion(path: string): Promise<string> {
  const { stdout, exitCode } = await runProcess({
    file: path,
    args: ["-version"],
    directory: tmpdir(),
    signal: new AbortController().signal,
    wallLimitMs: 10_000,
    limits: null,
  });
  const version = /^ff\w+ version (\S+)/.exec(stdout)?.[1];
  const libavutil = /^libavutil\s+(\d+)\.\s*(\d+)\./m.exec(stdout);
  if (exitCode !== 0 || version === undefined || libavutil === null) {
    throw new Error(`${path} does not answer \`-version\` as FFmpeg does: ${HOW_TO_INSTALL}.`);
  }
  const [major, minor] = [Number(libavutil[1]), Number(libavutil[2])];
  if (major < MIN_LIBAVUTIL.major || (major === MIN_LIBAVUTIL.major && minor < MIN_LIBAVUTIL.minor)) {
    throw new Error(
      `${path} is version ${version}, but Copra needs ${MIN_VERSION} or newer: ${HOW_TO_INSTALL}.`,
    );
  }
  if (!stdout.includes("--enable-libx264")) {
    throw new Error(`${path} was built without libx264, which Copra needs for H.264: ${HOW_TO_INSTALL}.`);
  }
  return version;
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
