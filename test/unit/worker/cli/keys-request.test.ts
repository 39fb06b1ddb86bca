import { describe, expect, it } from "vitest";
import { UsageError } from "../../../../worker/cli/cli-error.ts";
import { parseKeysRequest } from "../../../../worker/cli/keys-request.ts";

describe("parseKeysRequest", () => {
  it("reads create, list and revoke", () => {
    expect(parseKeysRequest(["create", "--account", " Acme ", "--label", `it's "x"`])).toEqual({
      action: "create",
      accountName: "Acme",
      label: `it's "x"`,
      state: null,
      isRemote: false,
    });
    expect(parseKeysRequest(["list", "--remote"])).toEqual({ action: "list", state: null, isRemote: true });
    expect(parseKeysRequest(["--state", "dir", "revoke", "key_1"])).toEqual({
      action: "revoke",
      id: "key_1",
      state: "dir",
      isRemote: false,
    });
  });

  it.each([
    [[], "Say what to do: create, list or revoke."],
    [["delete"], '"delete" is not one of create, list and revoke.'],
    [["create", "--account", "Acme"], "create needs --label."],
    [["create", "--account", " ", "--label", "x"], "create needs --account."],
    [
      ["create", "--account", "a\nb", "--label", "x"],
      "--account: give at most 64 characters, none of them a control character.",
    ],
    [
      ["create", "--account", "a", "--label", "x".repeat(65)],
      "--label: give at most 64 characters, none of them a control character.",
    ],
    [["list", "key_1"], '"key_1" is one word too many.'],
    [["revoke"], 'revoke needs the id of a key; "npm run keys -- list" shows them.'],
    [["list", "--label", "x"], "--account and --label belong to create."],
    [["list", "--remote", "--state", "x"], "--state and --remote name two databases: give one of them."],
  ])("refuses %j and says why", (argv, sentence) => {
    expect(() => parseKeysRequest(argv)).toThrow(new UsageError(sentence));
  });
});
