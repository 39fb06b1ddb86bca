import { describe, expect, it } from "vitest";
import { createPatience } from "../../../../encoder/storage/patience.ts";

describe("createPatience", () => {
  it("runs out with time and begins anew with each success", () => {
    let now = 0;
    const patience = createPatience(1_000, () => now);
    now = 900;
    expect(patience.remainingMs()).toBe(100);
    patience.renew();
    now = 1_800;
    expect(patience.remainingMs()).toBe(100);
    now = 1_901;
    expect(patience.remainingMs()).toBe(-1);
  });
});
