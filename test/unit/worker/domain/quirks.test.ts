import { describe, expect, it } from "vitest";
import { parseQuirks } from "../../../../worker/domain/quirks.ts";

describe("parseQuirks", () => {
  it("reads a comma-separated list", () => {
    expect([...parseQuirks(" empty_404 ,baseline,, ")]).toEqual(["empty_404", "baseline"]);
    expect([...parseQuirks("")]).toEqual([]);
    expect([...parseQuirks(undefined)]).toEqual([]);
  });

  it("tells the operator of a name that does not exist", () => {
    expect(() => parseQuirks("baseline,empty404")).toThrow(
      'COCONUT_QUIRKS holds "empty404"; it is a comma-separated list of baseline and empty_404.',
    );
  });
});
