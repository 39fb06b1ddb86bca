import { describe, expect, it } from "vitest";
import { CliError } from "../../../../worker/cli/cli-error.ts";
import { rowsOf } from "../../../../worker/cli/remote-database.ts";

describe("rowsOf", () => {
  it("reads the rows of the first statement, columns in order", () => {
    const answer = [
      {
        results: [
          { id: "key_1", revoked_at: null },
          { id: "key_2", revoked_at: 5 },
        ],
        success: true,
      },
    ];
    expect(rowsOf(JSON.stringify(answer, null, 2))).toEqual([
      ["key_1", null],
      ["key_2", 5],
    ]);
  });

  it("skips what wrangler says before its JSON", () => {
    expect(rowsOf('Some notice [1] of wrangler.\n[{"results":[{"a":1}]}]\n')).toEqual([[1]]);
  });

  it("refuses what is no JSON, with its beginning", () => {
    expect(() => rowsOf("Something broke.")).toThrow(CliError);
    expect(() => rowsOf("Something broke.")).toThrow("Something broke.");
  });
});
