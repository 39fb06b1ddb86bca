import { DatabaseSync } from "node:sqlite";
import { describe, expect, it } from "vitest";
import { inlineParameters, sqlLiteral } from "../../../../worker/cli/inline-parameters.ts";

describe("inlineParameters", () => {
  it("replaces placeholders in order", () => {
    expect(inlineParameters('select * from "t" where "a" = ? and b = ?', ["x", 5])).toBe(
      `select * from "t" where "a" = 'x' and b = 5`,
    );
  });

  it("leaves question marks inside quoted text and names alone", () => {
    expect(inlineParameters(`select '?', "who?", \`why?\`, 'it''s ?', ?`, [1])).toBe(
      `select '?', "who?", \`why?\`, 'it''s ?', 1`,
    );
  });

  it("never reads a value for a placeholder", () => {
    expect(inlineParameters("select ?, ?", ["?", "$&"])).toBe("select '?', '$&'");
  });

  it("refuses too few and too many values", () => {
    expect(() => inlineParameters("select ?, ?", [1])).toThrow(RangeError);
    expect(() => inlineParameters("select ?", [1, 2])).toThrow(RangeError);
  });
});

describe("sqlLiteral", () => {
  it.each([
    "O'Brien",
    "'; DROP TABLE accounts; --",
    'a "quoted" word',
    "back\\slash",
    "\u6F22\u5B57 \u{1F3AC}",
    "",
    "line\nbreak",
    0,
    -1,
    1_795_427_714_935,
    0.1,
    null,
  ])("is read back by SQLite as the value %j", (value) => {
    const database = new DatabaseSync(":memory:");
    expect(database.prepare(`SELECT ${sqlLiteral(value)} AS value`).get()).toEqual({ value });
  });

  it.each([undefined, Number.NaN, Number.POSITIVE_INFINITY, {}, 1n, "nul\0"])("refuses %s", (value) => {
    expect(() => sqlLiteral(value)).toThrow(RangeError);
  });
});
