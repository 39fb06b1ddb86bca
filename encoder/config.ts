/** Environment -> Config. The one place that reads variables, knows their defaults and says what is wrong. */
import os from "node:os";
import path from "node:path";
import { z } from "zod";

const GIB = 1024 ** 3;

const flag = z.enum(["true", "false"]).transform((text) => text === "true");
const integer = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d{1,16}$/, "is not a whole number")
    .transform(Number)
    .pipe(z.number().min(min).max(max));

const environmentSchema = z.object({
  HOST: z.string().min(1).default("127.0.0.1"),
  PORT: integer(0, 65_535).default(8080),
  // The alphabet of RFC 6750 bearer tokens: anything else could never be sent.
  ENCODER_TOKEN: z
    .string()
    .regex(/^[A-Za-z0-9._~+/-]*=*$/, "may hold only letters, digits and . _ ~ + / - =")
    .default(""),
  ENCODER_ALLOW_ANONYMOUS: flag.default(false),
  ENCODER_SLOTS: integer(1, 256).optional(),
  ENCODER_SCRATCH_DIR: z.string().min(1).optional(),
  SCRATCH_MAX_BYTES: integer(1, Number.MAX_SAFE_INTEGER).default(12 * GIB),
  SOURCE_MAX_BYTES: integer(1, Number.MAX_SAFE_INTEGER).default(100 * GIB),
  SOURCE_MAX_SECONDS: integer(1, 30 * 86_400).default(6 * 3600),
  SOURCE_TIMEOUT_MS: integer(1000, 86_400_000).default(3_600_000),
  SOURCE_STALL_TIMEOUT_MS: integer(100, 600_000).default(30_000),
  SOURCE_MIN_BYTES_PER_SECOND: integer(0, Number.MAX_SAFE_INTEGER).default(16 * 1024),
  SOURCE_CACHE_IDLE_MS: integer(0, 86_400_000).default(600_000),
  UPLOAD_BUDGET_MS: integer(1000, 86_400_000).default(600_000),
  ALLOW_PRIVATE_NETWORK: flag.default(false),
});

export type Config = {
  host: string;
  /** 0 takes a free port. */
  port: number;
  /** Empty only where anonymous callers are allowed on purpose. */
  token: string;
  slots: number;
  scratchDirectory: string;
  /** What this process may keep on disk: sources and the files of its tasks. */
  scratchMaxBytes: number;
  source: {
    maxBytes: number;
    maxSeconds: number;
    timeoutMs: number;
    /** Silence of a server, before its headers or within the body, that ends a try. */
    stallTimeoutMs: number;
    minBytesPerSecond: number;
    cacheIdleMs: number;
  };
  /** How long a storage may go without accepting anything before a task gives up on it. */
  uploadBudgetMs: number;
  allowPrivateNetwork: boolean;
};

/** A wrong environment: `message` is the whole sentence for the operator. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

/**
 * Reads the environment; an empty variable counts as unset.
 * @throws ConfigError that names every wrong variable, its value and what is expected.
 */
export function readConfig(env: Record<string, string | undefined>): Config {
  const present = Object.fromEntries(
    Object.entries(env).filter(([, value]) => value !== undefined && value !== ""),
  );
  const parsed = environmentSchema.safeParse(present);
  if (!parsed.success) {
    throw new ConfigError(parsed.error.issues.map((issue) => describeIssue(issue, present)).join(" "));
  }
  const values = parsed.data;
  if (values.ENCODER_TOKEN === "" && !values.ENCODER_ALLOW_ANONYMOUS) {
    throw new ConfigError(
      "ENCODER_TOKEN is not set. Set it to the token that the Worker sends, or set ENCODER_ALLOW_ANONYMOUS=true " +
        "where nothing but the Worker can reach this port.",
    );
  }
  return toConfig(values);
}

function toConfig(values: z.infer<typeof environmentSchema>): Config {
  return {
    host: values.HOST,
    port: values.PORT,
    token: values.ENCODER_TOKEN,
    slots: values.ENCODER_SLOTS ?? os.availableParallelism(),
    // One directory per user: another user's would not be writable. Processes separate themselves inside it.
    scratchDirectory: path.resolve(
      values.ENCODER_SCRATCH_DIR ?? path.join(os.tmpdir(), `copra-encoder-${os.userInfo().uid}`),
    ),
    scratchMaxBytes: values.SCRATCH_MAX_BYTES,
    source: {
      maxBytes: values.SOURCE_MAX_BYTES,
      maxSeconds: values.SOURCE_MAX_SECONDS,
      timeoutMs: values.SOURCE_TIMEOUT_MS,
      stallTimeoutMs: values.SOURCE_STALL_TIMEOUT_MS,
      minBytesPerSecond: values.SOURCE_MIN_BYTES_PER_SECOND,
      cacheIdleMs: values.SOURCE_CACHE_IDLE_MS,
    },
    uploadBudgetMs: values.UPLOAD_BUDGET_MS,
    allowPrivateNetwork: values.ALLOW_PRIVATE_NETWORK,
  };
}

function describeIssue(issue: z.core.$ZodIssue, present: Record<string, string | undefined>): string {
  const name = String(issue.path[0]);
  // The token is a secret, so its value is not repeated.
  const value = name === "ENCODER_TOKEN" ? "" : ` (${JSON.stringify(present[name])})`;
  return `${name}${value}: ${issue.message}.`;
}
