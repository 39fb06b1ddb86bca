/** What a command line of `demo` asks for. */
import { parseFlags, parseInteger } from "../command-flags.ts";
import { MAX_PORT } from "../ports.ts";

export type DemoRequest = {
  /** An absolute path or an http or https URL; null for the test video. */
  source: string | null;
  /** Null: a running service at the default port, else a new one at a free port. */
  port: number | null;
  keep: boolean;
};

/**
 * `toAbsolute` turns a path as typed into an absolute one.
 *
 * @throws UsageError that says what is wrong with the command line.
 */
export function parseDemoRequest(argv: readonly string[], toAbsolute: (path: string) => string): DemoRequest {
  const { values, positionals } = parseFlags(argv, {
    maxPositionals: 1,
    options: { keep: { type: "boolean" }, port: { type: "string" } },
  });
  const [source] = positionals;
  const isUrl = source !== undefined && /^https?:\/\//i.test(source);
  return {
    source: source === undefined || isUrl ? (source ?? null) : toAbsolute(source),
    port:
      values.port === undefined
        ? null
        : parseInteger("port", values.port, { min: 0, max: MAX_PORT, fallback: 0 }),
    keep: values.keep ?? false,
  };
}
