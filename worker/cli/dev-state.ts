/**
 * The state directory of a local service: where things are, the secrets that belong to it, its removal.
 * wrangler owns `state/` (D1, R2, Durable Objects); everything else in here is Copra's.
 */
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

/** The repository: where wrangler.toml, migrations/ and encoder/ are. */
export const PROJECT_ROOT = resolve(import.meta.dirname, "../..");

/** Where `npm run dev` keeps its state unless told otherwise; `wrangler dev` alone finds the same data there. */
export const DEFAULT_STATE_DIR = join(PROJECT_ROOT, ".wrangler");

/** A log beyond this is set aside at the next start, so that a service that runs for months cannot fill the disk twice. */
const LOG_ROTATION_BYTES = 16 * 1024 * 1024;

export type StatePaths = {
  /** What wrangler's `--persist-to` wants. */
  persistDir: string;
  /** Secrets of the Worker in dotenv form, mode 0600. */
  secretsPath: string;
  logsDir: string;
  scratchDir: string;
  lockPath: string;
  /** Says which service runs on this state; left over after a crash. */
  servicePath: string;
  /** wrangler's list of running Workers: kept apart, so that two services never answer for each other. */
  registryDir: string;
};

export type DevSecrets = {
  /** 32 random bytes in base64. Kept, so that a restart can open what the last run sealed. */
  masterKey: string;
  encoderToken: string;
};

/** What a running service tells other commands about itself. */
export type ServiceNote = { url: string; pid: number; workerGroupId: number };

/** The places inside a state directory. Touches nothing. */
export function statePaths(stateDir: string): StatePaths {
  return {
    persistDir: join(stateDir, "state"),
    secretsPath: join(stateDir, "secrets.env"),
    logsDir: join(stateDir, "logs"),
    scratchDir: join(stateDir, "scratch"),
    lockPath: join(stateDir, "copra.lock"),
    servicePath: join(stateDir, "service.json"),
    registryDir: join(stateDir, "registry"),
  };
}

/** Removes what a service made, and only that: `--state` may name a directory that holds other things. */
export function clearState(paths: StatePaths): void {
  for (const path of [
    paths.persistDir,
    paths.secretsPath,
    paths.logsDir,
    paths.scratchDir,
    paths.registryDir,
  ]) {
    rmSync(path, { recursive: true, force: true });
  }
}

/** Makes the directories and empties the encoders' scratch, which a crash may have left full. */
export function prepareDirectories(paths: StatePaths): void {
  rmSync(paths.scratchDir, { recursive: true, force: true });
  for (const dir of [paths.persistDir, paths.logsDir, paths.scratchDir, paths.registryDir]) {
    mkdirSync(dir, { recursive: true });
  }
}

/** The file that a child's output is appended to. */
export function logPathOf(paths: StatePaths, name: string): string {
  const path = join(paths.logsDir, `${name.replaceAll(" ", "-")}.log`);
  if (existsSync(path) && statSync(path).size > LOG_ROTATION_BYTES) {
    renameSync(path, `${path}.1`);
  }
  return path;
}

/** The secrets of this state; made at random the first time. */
export function loadSecrets(paths: StatePaths): DevSecrets {
  if (existsSync(paths.secretsPath)) {
    const text = readFileSync(paths.secretsPath, "utf8");
    const masterKey = /^COPRA_MASTER_KEY=(.+)$/m.exec(text)?.[1];
    const encoderToken = /^ENCODER_TOKEN=(.+)$/m.exec(text)?.[1];
    if (masterKey !== undefined && encoderToken !== undefined) {
      return { masterKey, encoderToken };
    }
  }
  const secrets = {
    masterKey: randomBytes(32).toString("base64"),
    encoderToken: randomBytes(32).toString("hex"),
  };
  writeWhole(
    paths.secretsPath,
    `COPRA_MASTER_KEY=${secrets.masterKey}\nENCODER_TOKEN=${secrets.encoderToken}\n`,
  );
  return secrets;
}

/** Leaves word of the running service, for sentences and for `npm run demo`. */
export function writeServiceNote(paths: StatePaths, note: ServiceNote): void {
  writeWhole(paths.servicePath, `${JSON.stringify(note)}\n`);
}

/** The service that says it runs on this state; null when none does, or the note cannot be read. */
export function readServiceNote(paths: StatePaths): ServiceNote | null {
  try {
    const note: unknown = JSON.parse(readFileSync(paths.servicePath, "utf8"));
    if (
      typeof note !== "object" ||
      note === null ||
      !("url" in note && "pid" in note && "workerGroupId" in note)
    ) {
      return null;
    }
    return { url: String(note.url), pid: Number(note.pid), workerGroupId: Number(note.workerGroupId) };
  } catch {
    return null;
  }
}

/** Written beside and renamed: a crash leaves the old file or the new one, never half of it. */
function writeWhole(path: string, text: string): void {
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, text, { mode: 0o600 });
  renameSync(draft, path);
}
