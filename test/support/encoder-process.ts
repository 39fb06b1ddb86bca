/** The real encoder as a process of its own, on a free port, with a scratch directory of its own. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { type EncoderClient, encoderClient, TEST_TOKEN } from "./encoder-client.ts";

export type EncoderProcess = EncoderClient & {
  origin: string;
  child: ChildProcess;
  scratchDirectory: string;
  /** Its log lines so far, as text. */
  log: () => string;
  /** Sends a signal and resolves with the exit code, null after SIGKILL. */
  end: (signal: NodeJS.Signals) => Promise<number | null>;
  /** Kills it if it still runs and deletes its directory. */
  close: () => Promise<void>;
};

const MAIN = path.join(import.meta.dirname, "../../encoder/main.ts");

/** Private networks are allowed, since test servers are on loopback; `env` overrides every default. */
export async function startEncoderProcess(env: Record<string, string> = {}): Promise<EncoderProcess> {
  const scratchDirectory = await mkdtemp(path.join(os.tmpdir(), "copra-test-encoder-"));
  const child = spawn(process.execPath, [MAIN], {
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      ...process.env,
      PORT: "0",
      ENCODER_TOKEN: TEST_TOKEN,
      ENCODER_SLOTS: "2",
      ALLOW_PRIVATE_NETWORK: "true",
      ENCODER_SCRATCH_DIR: scratchDirectory,
      ...env,
    },
  });
  let log = "";
  child.stderr.on("data", (chunk: Buffer) => {
    log += chunk.toString();
  });
  const exited = once(child, "exit");
  const end = async (signal: NodeJS.Signals): Promise<number | null> => {
    child.kill(signal);
    await exited;
    return child.exitCode;
  };
  const origin = await readyOrigin(child, () => log);
  return {
    ...encoderClient(origin),
    origin,
    child,
    scratchDirectory,
    log: () => log,
    end,
    close: async () => {
      await end("SIGKILL");
      await rm(scratchDirectory, { recursive: true, force: true });
    },
  };
}

async function readyOrigin(child: ChildProcess, log: () => string): Promise<string> {
  if (child.stdout !== null) {
    for await (const line of createInterface({ input: child.stdout })) {
      const origin = /^encoder listening on (http:\/\/\S+)$/.exec(line)?.[1];
      if (origin !== undefined) {
        return origin;
      }
    }
  }
  throw new Error(`the encoder did not start: ${log()}`);
}
