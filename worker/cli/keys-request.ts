/** What a command line of `keys` asks for. */
import { UsageError } from "./cli-error.ts";
import { parseFlags } from "./command-flags.ts";

/** Long enough for any name, short enough for a line of a table. */
const MAX_NAME_LENGTH = 64;

export type KeysRequest = {
  /** Null: the default local state. */
  state: string | null;
  isRemote: boolean;
} & (
  | { action: "create"; accountName: string; label: string }
  | { action: "list" }
  | { action: "revoke"; id: string }
);

/** @throws UsageError that says what is wrong with it. */
export function parseKeysRequest(argv: readonly string[]): KeysRequest {
  const { values, positionals } = parseFlags(argv, {
    maxPositionals: 2,
    options: {
      account: { type: "string" },
      label: { type: "string" },
      state: { type: "string" },
      remote: { type: "boolean" },
    },
  });
  if (values.remote === true && values.state !== undefined) {
    throw new UsageError("--state and --remote name two databases: give one of them.");
  }
  const [action, id] = positionals;
  if (action !== "create" && (values.account !== undefined || values.label !== undefined)) {
    throw new UsageError("--account and --label belong to create.");
  }
  if (action !== "revoke" && id !== undefined) {
    throw new UsageError(`"${id}" is one word too many.`);
  }
  const place = { state: values.state ?? null, isRemote: values.remote ?? false };
  switch (action) {
    case "create":
      return {
        ...place,
        action,
        accountName: nameOf("account", values.account),
        label: nameOf("label", values.label),
      };
    case "list":
      return { ...place, action };
    case "revoke":
      if (id === undefined) {
        throw new UsageError('revoke needs the id of a key; "npm run keys -- list" shows them.');
      }
      return { ...place, action, id };
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
