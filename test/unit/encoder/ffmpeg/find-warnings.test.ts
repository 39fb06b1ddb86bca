import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import {
  DAMAGE_SIGNS,
  findWarnings,
  tellsOfBreak,
  tellsOfDamage,
} from "../../../../encoder/ffmpeg/find-warnings.ts";

const FIXTURES = new URL("../../../fixtures/stderr/", import.meta.url);

/** What FFmpeg printed, from `test/fixtures/stderr/`. */
const printed = (trait: string) => readFileSync(new URL(`${trait}.txt`, FIXTURES), "utf8");

const examples = DAMAGE_SIGNS.flatMap(({ examples: names, pattern }) =>
  names.map((name) => [name, pattern] as const),
);
const healthy = readdirSync(FIXTURES)
  .filter((name) => name.startsWith("healthy-"))
  .map((name) => name.replace(".txt", ""));

describe("findWarnings", () => {
  it.each(examples)("finds the damage in %s", (name, pattern) => {
    expect(printed(name)).toMatch(pattern);
    expect(findWarnings(printed(name))).toEqual([{ code: "source_damaged" }]);
  });

  it.each(healthy)("says nothing of %s", (name) => {
    expect(findWarnings(printed(name))).toEqual([]);
  });

  it("says nothing of a run without complaints", () => {
    expect(findWarnings("")).toEqual([]);
  });
});

describe("tellsOfBreak", () => {
  it("knows a file that ends too early from one that is damaged within", () => {
    expect(["cut-off", "cut-off-mkv"].map((name) => tellsOfBreak(printed(name)))).toEqual([true, true]);
    expect(tellsOfDamage(printed("broken-frames"))).toBe(true);
    expect(tellsOfBreak(printed("broken-frames"))).toBe(false);
  });
});
