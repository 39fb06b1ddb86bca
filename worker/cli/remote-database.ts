/** SQL through `wrangler d1 execute`: the way to a database at Cloudflare with the operator's own login. */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CliError } from "./cli-error.ts";
import { PROJECT_ROOT } from "./dev-state.ts";
import type { SqlRunner } from "./key-database.ts";
import { QUIET_WRANGLER, WRANGLER_PATH } from "./worker-process.ts";

/** wrangler's flags for the production database. */
const REMOTE = ["--remote"] as const;

/**
 * Runs statements against the database of the binding DB.
 *
 * @param location wrangler's flags that say which copy of it; default: the one in production.
 */
export function wranglerRunner(location: readonly string[] = REMOTE): SqlRunner {
  return async (sql, kind) => {
    const output =
      kind === "write" ? await executeFile(sql, location) : await execute(["--command", sql], location);
    return kind === "write" ? [] : rowsOf(output);
  };
}

/** The rows of `wrangler d1 execute --json`, columns in the statement's order. @throws CliError when it is not that. */
export function rowsOf(output: string): unknown[][] {
  const json = output.slice(Math.max(0, output.search(/^\[/m)));
  try {
    const [answer] = JSON.parse(json) as { results: Record<string, unknown>[] }[];
    return (answer?.results ?? []).map((row) => Object.values(row));
  } catch (error) {
    throw new CliError(
      `wrangler's answer is not the JSON that was asked for: ${output.trim().slice(0, 500)}`,
      {
        cause: error,
      },
    );
  }
}

/** By file, not by command line: what is written may be a secret, and a command line is everybody's to read. */
async function executeFile(sql: string, location: readonly string[]): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), "copra-keys-"));
  try {
    const path = join(directory, "statement.sql");
    writeFileSync(path, `${sql};\n`, { mode: 0o600 });
    return await execute(["--file", path], location);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function execute(what: readonly string[], location: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    // stderr and stdin stay the person's: wrangler may have to ask them to log in.
    const child = spawn(
      process.execPath,
      [
        WRANGLER_PATH,
        ...["d1", "execute", "DB", "--config", join(PROJECT_ROOT, "wrangler.toml")],
        ...["--json", "--yes", ...location, ...what],
      ],
      {
        cwd: PROJECT_ROOT,
        env: { ...process.env, ...QUIET_WRANGLER },
        stdio: ["inherit", "pipe", "inherit"],
      },
    );
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
    child.on("error", (error) => reject(new CliError(`wrangler could not be started: ${error.message}.`)));
    child.on("close", (code) =>
      code === 0 ? resolve(output) : reject(new CliError(`wrangler could not do it:\n${explain(output)}`)),
    );
  });
}

/** With `--json` wrangler writes its errors as JSON to stdout. */
function explain(output: string): string {
  try {
    const parsed = JSON.parse(output) as { error?: { text?: string; notes?: { text?: string }[] } };
    const texts = [parsed.error?.text, ...(parsed.error?.notes ?? []).map((note) => note.text)];
    return texts.filter((text) => text !== undefined).join("\n") || output.trim();
  } catch {
    return output.trim();
  }
}
