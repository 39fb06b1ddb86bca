import { spawn } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { randomUUID } from "node:crypto";
import { tmpdir } from "node:os";
import { describe, expect, it, vi } from "vitest";
import { runProcess, type ProcessLimits, type ProcessRequest } from "../../../../encoder/run/run-process.ts";

const LIMITS: ProcessLimits = {
  memoryBytes: 256 * 1024 * 1024,
  cpuSeconds: 60,
  fileSizeBytes: 1024 * 1024,
  openFiles: 32,
};

/** A run of a shell script; `marker` makes its processes findable. */
function aScript(script: string, overrides: Partial<ProcessRequest> = {}): ProcessRequest {
  return {
    file: "/bin/sh",
    args: ["-c", script],
    directory: tmpdir(),
    signal: new AbortController().signal,
    wallLimitMs: 20_000,
    limits: LIMITS,
    ...overrides,
  };
}

/** Ids of the living processes whose command line holds the marker. */
async function findProcesses(marker: string): Promise<number[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => {
      const commandLine = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
      return commandLine.includes(marker) ? Number(pid) : null;
    }),
  );
  return found.filter((pid) => pid !== null).filter((pid) => pid !== process.pid);
}

describe("runProcess", () => {
  it("returns exit status, stdout and stderr as a value", async () => {
    const end = await runProcess(aScript("echo out; echo err >&2; exit 3"));
    expect(end).toEqual({
      exitCode: 3,
      signal: null,
      endedBy: "itself",
      stdout: "out\n",
      stderrTail: "err\n",
    });
  });

  it("names the signal that ended the program", async () => {
    expect(await runProcess(aScript("kill -SEGV $$"))).toMatchObject({ exitCode: null, signal: "SIGSEGV" });
  });

  it("passes arguments as they are, without a shell", async () => {
    const args = ["$HOME", "a b", "*", "; echo broken", ""];
    const end = await runProcess(aScript("", { file: "/usr/bin/printf", args: ["<%s>", ...args] }));
    expect(end.stdout).toBe(args.map((argument) => `<${argument}>`).join(""));
  });

  it("gives the program an empty environment", async () => {
    vi.stubEnv("COPRA_TEST_SECRET", "do-not-leak");
    const end = await runProcess(aScript("", { file: "/usr/bin/env", args: [] }));
    vi.unstubAllEnvs();
    expect(end.stdout).toBe("");
  });

  it("keeps the program off the terminal's input", async () => {
    expect((await runProcess(aScript("cat; echo end"))).stdout).toBe("end\n");
  });

  it("hands out stdout by line", async () => {
    const lines: string[] = [];
    const end = await runProcess(
      aScript("echo one; echo two; printf three", { onStdoutLine: (line) => lines.push(line) }),
    );
    expect(lines).toEqual(["one", "two", "three"]);
    expect(end.stdout).toBe("");
  });

  it("keeps only the end of stderr", async () => {
    const end = await runProcess(aScript("yes 0123456789abcdef | head -c 1000000 >&2; echo last >&2"));
    expect(end.stderrTail).toHaveLength(16 * 1024);
    expect(end.stderrTail.endsWith("last\n")).toBe(true);
  });

  it("ends a program that prints without end", async () => {
    expect(await runProcess(aScript("exec yes"))).toMatchObject({
      endedBy: "stdout_limit",
      signal: "SIGTERM",
    });
  });

  it("limits memory, file size and open files", async () => {
    const end = await runProcess(aScript("ulimit -v; ulimit -f; ulimit -n; ulimit -c"));
    expect(end.stdout.split("\n")).toEqual([String(256 * 1024), String(2 * 1024), "32", "0", ""]);
  });

  it("kills a program that writes more than it may", async () => {
    const end = await runProcess(
      aScript(`exec dd if=/dev/zero of="${tmpdir()}/copra-${randomUUID()}" bs=1M count=2`),
    );
    expect(end.signal).toBe("SIGXFSZ");
  });

  it("signals a program that uses up its processor time", async () => {
    const end = await runProcess(aScript("while :; do :; done", { limits: { ...LIMITS, cpuSeconds: 1 } }));
    expect(end).toMatchObject({ signal: "SIGXCPU", endedBy: "itself" });
  });

  it("ends a program at the wall clock limit", async () => {
    const end = await runProcess(aScript("exec sleep 60", { wallLimitMs: 200 }));
    expect(end).toMatchObject({ endedBy: "wall_limit", signal: "SIGTERM" });
  });

  it("kills a program that ignores the polite signal, together with all that it started", async () => {
    const marker = `60.${process.hrtime.bigint()}`;
    const end = await runProcess(
      // The shell needs its time until it has set the trap.
      aScript(`trap '' TERM; sleep ${marker} & sleep ${marker} & wait; wait`, { wallLimitMs: 1_500 }),
    );
    expect(end).toMatchObject({ endedBy: "wall_limit", signal: "SIGKILL" });
    expect(await findProcesses(marker)).toEqual([]);
  });

  it("leaves nothing behind when the program ends before its children", async () => {
    const marker = `60.${process.hrtime.bigint()}`;
    expect(await runProcess(aScript(`sleep ${marker} & exit 0`))).toMatchObject({ exitCode: 0 });
    await vi.waitFor(async () => expect(await findProcesses(marker)).toEqual([]), { timeout: 10_000 });
  });

  it("rejects with the reason of an abort once the program is gone", async () => {
    const marker = `60.${process.hrtime.bigint()}`;
    const controller = new AbortController();
    const reason = new Error("the lease was taken back");
    const run = runProcess(
      aScript(`echo started; exec sleep ${marker}`, {
        signal: controller.signal,
        onStdoutLine: () => controller.abort(reason),
      }),
    );
    await expect(run).rejects.toBe(reason);
    expect(await findProcesses(marker)).toEqual([]);
  });

  it("starts nothing when the signal was aborted before", async () => {
    const reason = new Error("too late");
    await expect(runProcess(aScript("echo", { signal: AbortSignal.abort(reason) }))).rejects.toBe(reason);
  });

  it("rejects when the program does not exist", async () => {
    const request = aScript("", { file: "/nonexistent/ffmpeg", limits: null });
    await expect(runProcess(request)).rejects.toThrow("ENOENT");
  });

  /** A killed encoder cannot clean up: without this, FFmpeg would go on and eat the machine. */
  it("takes the program along when the encoder itself is killed", async () => {
    const marker = `60.${process.hrtime.bigint()}`;
    const module = new URL("../../../../encoder/run/run-process.ts", import.meta.url).href;
    const request = { ...aScript(`exec sleep ${marker}`), signal: undefined };
    const code = `
      const { runProcess } = await import(${JSON.stringify(module)});
      await runProcess({ ...${JSON.stringify(request)}, signal: new AbortController().signal });`;
    const encoder = spawn(process.execPath, ["--input-type=module", "-e", code], { stdio: "ignore" });
    const isProgram = async () => (await findProcesses(marker)).filter((pid) => pid !== encoder.pid);
    await vi.waitFor(async () => expect(await isProgram()).toHaveLength(1), { timeout: 10_000 });
    encoder.kill("SIGKILL");
    await vi.waitFor(async () => expect(await isProgram()).toEqual([]), { timeout: 5_000 });
  });
});
