/** `npm run keys`: who may use a Copra, on this machine or, with `--remote`, in production. */
import { CliError, UsageError } from "./cli-error.ts";
import { parseFlags } from "./command-flags.ts";
import { DEFAULT_STATE_DIR, statePaths } from "./dev-state.ts";
import { localKeyDatabase, textKeyDatabase, type KeyDatabase } from "./key-database.ts";
import { formatTime, renderCreatedKey, renderKeyList } from "./key-listing.ts";
import { createKey, listKeys, revokeKey } from "./key-store.ts";
import { hasLocalDatabase, openLocalDatabase } from "./local-database.ts";
import { wranglerRunner } from "./remote-database.ts";
import { runCommand, typedPath, type ExitCode } from "./run-command.ts";

const USAGE = `Usage: npm run keys -- create --account NAME --label TEXT [--state DIR | --remote]
       npm run keys -- list [--state DIR | --remote]
       npm run keys -- revoke ID [--state DIR | --remote]

API keys and webhook secrets. A key is shown once, when it is created; an account is made with its first key.

  --account NAME   whom the key belongs to: jobs are visible to all keys of one account
  --label TEXT     where the key is used, such as "website"
  --state DIR      the local state whose keys are meant (default .wrangler); a service may be running on it
  --remote         the database in production; wrangler asks for your Cloudflare login if it needs to
`;

/** Long enough for any name, short enough for a line of a table. */
const MAX_NAME_LENGTH = 64;

/** What the command line asks for. */
type Request =
  | { action: "create"; accountName: string; label: string }
  | { action: "list" }
  | { action: "revoke"; id: string };

async function keys(argv: string[]): Promise<ExitCode> {
  const { values, positionals } = parseFlags(argv, {
    maxPositionals: 2,
    options: {
      account: { type: "string" },
      label: { type: "string" },
      state: { type: "string" },
      remote: { type: "boolean" },
    },
  });
  const request = parseRequest(positionals, values);
  if (values.remote === true && values.state !== undefined) {
    throw new UsageError("--state and --remote name two databases: give one of them.");
  }
  if (values.remote === true) {
    return run(request, textKeyDatabase(wranglerRunner()));
  }
  const stateDir = values.state === undefined ? DEFAULT_STATE_DIR : typedPath(values.state, "keys");
  const paths = statePaths(stateDir);
  // Looking must not make a state where there is none: the directory may be mistyped.
  if (request.action !== "create" && !hasLocalDatabase(paths)) {
    throw new CliError(
      `There are no keys in ${stateDir}: no service has run there yet. --state DIR names another place.`,
    );
  }
  const file = openLocalDatabase(paths);
  try {
    return await run(request, localKeyDatabase(file));
  } finally {
    file.close();
  }
}

async function run(request: Request, database: KeyDatabase): Promise<ExitCode> {
  switch (request.action) {
    case "create":
      print(renderCreatedKey(await createKey(database, { ...request, now: Date.now() })));
      return 0;
    case "list":
      // A pipe has no width: nothing is folded there.
      print(
        renderKeyList(await listKeys(database), {
          widthColumns: process.stdout.columns ?? Number.POSITIVE_INFINITY,
        }),
      );
      return 0;
    case "revoke": {
      const { revokedAt, isRepeat } = await revokeKey(database, request.id, Date.now());
      print([
        isRepeat
          ? `${request.id} is revoked since ${formatTime(revokedAt, "")}.`
          : `${request.id} is revoked.`,
      ]);
      return 0;
    }
  }
}

function parseRequest(words: readonly string[], values: { account?: string; label?: string }): Request {
  const [action, id] = words;
  if (action !== "create" && (values.account !== undefined || values.label !== undefined)) {
    throw new UsageError("--account and --label belong to create.");
  }
  if (action !== "revoke" && id !== undefined) {
    throw new UsageError(`"${id}" is one word too many.`);
  }
  switch (action) {
    case "create":
      return { action, accountName: nameOf("account", values.account), label: nameOf("label", values.label) };
    case "list":
      return { action };
    case "revoke":
      if (id === undefined) {
        throw new UsageError('revoke needs the id of a key; "npm run keys -- list" shows them.');
      }
      return { action, id };
    case undefined:
      throw new UsageError("Say what to do: create, list or revoke.");
    default:
      throw new UsageError(`"${action}" is not one of create, list and revoke.`);
  }
}

function nameOf(flag: string, text: string | undefined): string {
  const name = text?.trim() ?? "";
  if (name === "") {
    throw new UsageError(`create needs --${flag}.`);
  }
  if (name.length > MAX_NAME_LENGTH || /\p{Control}/u.test(name)) {
    throw new UsageError(
      `--${flag}: give at most ${MAX_NAME_LENGTH} characters, none of them a control character.`,
    );
  }
  return name;
}

function print(lines: readonly string[]): void {
  process.stdout.write(`${lines.join("\n")}\n`);
}

await runCommand(USAGE, keys);
