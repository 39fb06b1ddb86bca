import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { keepRunning } from "../../../worker/cli/kept-process.ts";
import { acquireLock } from "../../../worker/cli/lock-file.ts";
import {
  isGroupAlive,
  startProcessGroup,
  type ProcessGroupOptions,
} from "../../../worker/cli/process-group.ts";
import { leftoversOf, processesOf, PROJECT_ROOT } from "../../support/cli-process.ts";

/** For a poll of what a busy machine may take its time for. */
const PATIENT = { timeout: 10_000 };

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "copra-group-"));
});

afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** A child that runs a shell script; its environment names the test's directory, so that it can be found. */
function aShell(script: string, overrides: Partial<ProcessGroupOptions> = {}): ProcessGroupOptions {
  return {
    name: "shell",
    command: "/bin/sh",
    args: ["-c", script],
    cwd: directory,
    env: { ...process.env, TEST_DIRECTORY: directory },
    logPath: join(directory, "shell.log"),
    ...overrides,
  };
}

/** A shell with a child of its own that outlives it. */
const FAMILY = "sleep 1000 & echo ready; wait";

describe("startProcessGroup", () => {
  it("tells the child's own pid, its end and its last words", async () => {
    const group = await startProcessGroup(aShell("echo $$; echo oops >&2; exit 3"));
    expect(await group.ended).toEqual({ code: 3, signal: null });
    expect(group.outputTail()).toBe(`${group.pid}\noops\n`);
    expect(readFileSync(join(directory, "shell.log"), "utf8")).toBe(group.outputTail());
  });

  it("ends what the child left behind when the child ends", async () => {
    const group = await startProcessGroup(aShell("sleep 1000 & exit 0"));
    await group.ended;
    expect(await leftoversOf(directory, 1_000)).toEqual([]);
    expect(isGroupAlive(group.groupId)).toBe(false);
  });

  it("ends everything when the child is killed", async () => {
    const group = await startProcessGroup(aShell(FAMILY));
    process.kill(group.pid, "SIGKILL");
    expect(await group.ended).toEqual({ code: null, signal: "SIGKILL" });
    expect(await leftoversOf(directory, 1_000)).toEqual([]);
  });

  it("ends everything when the guard is killed", async () => {
    const group = await startProcessGroup(aShell(FAMILY));
    process.kill(group.groupId, "SIGKILL");
    await group.ended;
    expect(await leftoversOf(directory, 1_000)).toEqual([]);
  });

  it("ends everything when the process that started it is killed", async () => {
    const options = aShell(FAMILY);
    const program = `
      import { startProcessGroup } from "${PROJECT_ROOT}/worker/cli/process-group.ts";
      await startProcessGroup(${JSON.stringify(options)});
      console.log("started");
    `;
    const starter = spawn(process.execPath, ["--input-type=module", "-e", program], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await new Promise((started) => starter.stdout.once("data", started));
    expect(processesOf(directory).length).toBeGreaterThanOrEqual(3);
    starter.kill("SIGKILL");
    expect(await leftoversOf(directory, 2_000)).toEqual([]);
  });

  it("asks first and kills a child that does not listen", async () => {
    const polite = await startProcessGroup(
      aShell("trap 'echo asked; exit 0' TERM; echo ready; while :; do sleep 0.05; done"),
    );
    const deaf = await startProcessGroup(
      aShell("trap '' TERM; while :; do sleep 0.05; done", { logPath: join(directory, "deaf.log") }),
    );
    // The traps have to be in place before the signal comes.
    await expect.poll(() => polite.outputTail(), PATIENT).toContain("ready");
    await Promise.all([polite.stop(), deaf.stop()]);
    expect(await polite.ended).toEqual({ code: 0, signal: null });
    expect(polite.outputTail()).toContain("asked");
    expect(await leftoversOf(directory, 1_000)).toEqual([]);
    await polite.stop();
  });

  it("says in a sentence that a program is not there", async () => {
    await expect(
      startProcessGroup(aShell("", { command: "/nowhere/program", name: "encoder 1" })),
    ).rejects.toThrow(/^The encoder 1 could not be started: .*ENOENT/);
  });
});

describe("keepRunning", () => {
  const startShell = (script: string) => () => startProcessGroup(aShell(script));

  it("starts a child that was killed again and is ready with the new one", async () => {
    const reports: string[] = [];
    const kept = keepRunning({
      name: "encoder 1",
      start: startShell("sleep 1000"),
      isReady: () => Promise.resolve(true),
      report: (line) => reports.push(line),
    });
    await kept.ready;
    const first = kept.pid() ?? 0;
    process.kill(first, "SIGKILL");
    await expect.poll(() => kept.pid(), PATIENT).toSatisfy((pid) => pid !== null && pid !== first);
    expect(reports).toEqual(["The encoder 1 ended (SIGKILL); it is started again."]);
    await kept.stop();
    expect(kept.pid()).toBeNull();
    expect(await leftoversOf(directory, 1_000)).toEqual([]);
  });

  it("gives up a child that ends three times before it is ready, with its last words", async () => {
    const path = join(directory, "starts");
    writeFileSync(path, "");
    const kept = keepRunning({
      name: "encoder 1",
      start: startShell(`echo x >> ${path}; echo "FFMPEG_PATH is wrong" >&2; exit 1`),
      isReady: () => Promise.resolve(false),
      report: () => undefined,
    });
    await expect(kept.ready).rejects.toThrow(
      "The encoder 1 does not start (exit code 1):\nFFMPEG_PATH is wrong",
    );
    expect(await kept.givenUp).toContain("does not start");
    expect(readFileSync(path, "utf8")).toBe("x\nx\nx\n");
    await kept.stop();
  });

  it("can be stopped while the child is not ready yet", async () => {
    const kept = keepRunning({
      name: "encoder 1",
      start: startShell("sleep 1000"),
      isReady: () => Promise.resolve(false),
      report: () => undefined,
    });
    await expect.poll(() => kept.pid(), PATIENT).not.toBeNull();
    await kept.stop();
    expect(await leftoversOf(directory, 1_000)).toEqual([]);
  });
});

describe("acquireLock", () => {
  it("is held once, within a process and between processes, and ends with its holder's death", async () => {
    const path = join(directory, "copra.lock");
    const program = `
      import { acquireLock } from "${PROJECT_ROOT}/worker/cli/lock-file.ts";
      console.log(acquireLock(${JSON.stringify(path)}) === null ? "refused" : "held");
      setInterval(() => undefined, 1_000);
    `;
    const holder = spawn(process.execPath, ["--input-type=module", "-e", program], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const word = await new Promise((said) => holder.stdout.setEncoding("utf8").once("data", said));
    expect(word).toBe("held\n");
    expect(acquireLock(path)).toBeNull();
    const gone = new Promise((done) => holder.once("exit", done));
    holder.kill("SIGKILL");
    await gone;
    const release = acquireLock(path);
    expect(release).not.toBeNull();
    expect(acquireLock(path)).toBeNull();
    release?.();
    const again = acquireLock(path);
    expect(again).not.toBeNull();
    again?.();
  });
});
