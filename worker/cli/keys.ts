/** `npm run keys`: who may use a Copra, on this machine or, with `--remote`, in production. */
import { CliError } from "./cli-error.ts";
import { DEFAULT_STATE_DIR, statePaths } from "./dev-state.ts";
import { localKeyDatabase, textKeyDatabase, type KeyDatabase } from "./key-database.ts";
import { formatTime, renderCreatedKey, renderKeyList } from "./key-listing.ts";
import { createKey, listKeys, revokeKey } from "./key-store.ts";
import { parseKeysRequest, type KeysRequest } from "./keys-request.ts";
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

async function keys(argv: string[]): Promise<ExitCode> {
  const request = parseKeysRequest(argv);
  if (request.isRemote) {
    return run(request, textKeyDatabase(wranglerRunner()));
  }
  const stateDir = request.state === null ? DEFAULT_STATE_DIR : typedPath(request.state, "keys");
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

async function run(request: KeysRequest, database: KeyDatabase): Promise<ExitCode> {
  switch (request.action) {
    case "create":
      print(
        renderCreatedKey(
          await createKey(database, {
            accountName: request.accountName,
            label: request.label,
            now: Date.now(),
          }),
        ),
      );
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

function print(lines: readonly string[]): void {
  process.stdout.write(`${lines.join("\n")}\n`);
}

await runCommand(USAGE, keys);
