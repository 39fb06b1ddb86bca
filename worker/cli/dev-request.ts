/** What a command line of `dev` asks for. */
import { UsageError } from "./cli-error.ts";
import { parseFlags, parseInteger } from "./command-flags.ts";
import { DEFAULT_PORT, MAX_PORT } from "./ports.ts";

export type DevRequest = {
  /** 0 takes a free one. */
  port: number;
  encoderCount: number;
  /** Null: the default. */
  state: string | null;
  fresh: boolean;
  isVerbose: boolean;
};

/** @throws UsageError that says what is wrong with it. */
export function parseDevRequest(argv: readonly string[]): DevRequest {
  const { values } = parseFlags(argv, {
    maxPositionals: 0,
    options: {
      port: { type: "string" },
      encoders: { type: "string" },
      state: { type: "string" },
      fresh: { type: "boolean" },
      verbose: { type: "boolean" },
    },
  });
  if (values.state === "") {
    throw new UsageError("--state: give a directory.");
  }
  return {
    port: parseInteger("port", values.port, { min: 0, max: MAX_PORT, fallback: DEFAULT_PORT }),
    encoderCount: parseInteger("encoders", values.encoders, { min: 1, max: 16, fallback: 2 }),
    state: values.state ?? null,
    fresh: values.fresh ?? false,
    isVerbose: values.verbose ?? false,
  };
}
