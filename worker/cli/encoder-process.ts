/** One local encoder: `node encoder/main.ts` on a port that stays the same however often it is started again. */
import { join } from "node:path";
import { childEnvironment } from "./child-environment.ts";
import { logPathOf, PROJECT_ROOT, type StatePaths } from "./dev-state.ts";
import { isHealthy } from "./health.ts";
import { keepRunning, type KeptProcess } from "./kept-process.ts";
import { LOOPBACK } from "./ports.ts";
import { startProcessGroup } from "./process-group.ts";

export type EncoderOptions = {
  /** 1-based. */
  encoderNumber: number;
  port: number;
  token: string;
  /** Default: one per core, so that an ordinary job, which holds one encoder, gets the whole machine. */
  slots?: number;
  ffmpeg: { ffmpegPath: string; ffprobePath: string };
  paths: StatePaths;
  onLine?: (name: string, line: string) => void;
  report: (line: string) => void;
};

export type LocalEncoder = KeptProcess & { url: string };

/** Starts an encoder and keeps it running. */
export function startEncoder(options: EncoderOptions): LocalEncoder {
  const name = `encoder ${options.encoderNumber}`;
  const url = `http://${LOOPBACK}:${options.port}`;
  const { onLine } = options;
  const kept = keepRunning({
    name,
    start: () =>
      startProcessGroup({
        name,
        command: process.execPath,
        args: [join(PROJECT_ROOT, "encoder/main.ts")],
        cwd: PROJECT_ROOT,
        env: childEnvironment(process.env, encoderSettings(options, name)),
        logPath: logPathOf(options.paths, name),
        ...(onLine === undefined ? {} : { onLine: (line: string) => onLine(name, line) }),
      }),
    isReady: () => isHealthy(url, options.token),
    report: options.report,
  });
  return { ...kept, url };
}

function encoderSettings(options: EncoderOptions, name: string): Record<string, string> {
  return {
    HOST: LOOPBACK,
    PORT: String(options.port),
    ENCODER_TOKEN: options.token,
    ENCODER_SCRATCH_DIR: join(options.paths.scratchDir, name.replace(" ", "-")),
    ALLOW_PRIVATE_NETWORK: "true",
    ...(options.slots === undefined ? {} : { ENCODER_SLOTS: String(options.slots) }),
    FFMPEG_PATH: options.ffmpeg.ffmpegPath,
    FFPROBE_PATH: options.ffmpeg.ffprobePath,
  };
}
