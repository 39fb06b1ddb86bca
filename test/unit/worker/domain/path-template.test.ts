import { describe, expect, it } from "vitest";
import type { ConditionValue } from "../../../../worker/domain/condition/condition-values.ts";
import { pathProblem, utf8Length } from "../../../../worker/domain/object-path.ts";
import {
  fillPath,
  hasVariables,
  longestFilled,
  templateProblem,
} from "../../../../worker/domain/path-template.ts";
import { countSequences } from "../../../../worker/domain/plan/image-sequence.ts";
import { seededRandom } from "../../../support/random.ts";

const fill = (template: string, value: ConditionValue) => fillPath(template, () => value);

describe("fillPath", () => {
  it("puts the values of the source into the path", () => {
    const values: Record<string, ConditionValue> = { "input.width": 1280, "input.video_codec": "h264" };
    expect(
      fillPath("/{{input.video_codec}}/{{ input.width }}/a_%02d.jpg", (name) => values[name] ?? null),
    ).toBe("/h264/1280/a_%02d.jpg");
  });

  it.each<[ConditionValue, string]>([
    [29.97002997, "29.97"],
    [30, "30"],
    [true, "true"],
    [null, "none"],
    ["", "none"],
    ["  ", "none"],
    ["a/b\\c", "a_b_c"],
    ["..", "__"],
    [".", "_"],
    ["%2e%2e", "_2e_2e"],
    ["50%d #num#", "50_d _num_"],
    ["{{ input.width }}", "__ input.width __"],
    ["line\nbreak\u0000", "line_break_"],
    ["half \ud800", "half _"],
    [" Ünïcode 漢字 ", "Ünïcode 漢字"],
    ["x".repeat(100), "x".repeat(60)],
    ["漢".repeat(100), "漢".repeat(20)],
  ])("makes the value %j safe: %s", (value, expected) => {
    expect(fill("/{{ input.format }}.mp4", value)).toBe(`/${expected}.mp4`);
  });

  it("never makes a path that is refused, longer than foreseen, or that has another sequence", () => {
    const random = seededRandom(5);
    const pieces = [
      "/",
      "\\",
      "..",
      "%",
      "d",
      "%2e",
      "#num#",
      "\u0007",
      "\ud83d",
      "漢",
      " ",
      "a",
      "{{",
      "}}",
    ];
    const templates = [
      "/{{ input.format }}.mp4",
      "/a/{{input.format}}/b_%d.jpg",
      "{{ input.format }}{{input.width}}.ts",
    ];
    for (let round = 0; round < 3000; round++) {
      const value = Array.from({ length: random.below(40) }, () => random.pick(pieces)).join("");
      const template = random.pick(templates);
      const path = fill(template, value);
      expect([value, pathProblem(path)]).toEqual([value, null]);
      expect(countSequences(path)).toBe(countSequences(template));
      expect(path.split("/")).toHaveLength(template.split("/").length);
      expect(utf8Length(path)).toBeLessThanOrEqual(utf8Length(longestFilled(template)));
    }
  });
});

describe("templateProblem", () => {
  it.each([
    "/plain.mp4",
    "/{{ input.width }}x{{input.height}}.mp4",
    "/{{ input.metadata.streams.0.codec_name }}.mp4",
  ])("finds nothing wrong with %s", (path) => {
    expect(templateProblem(path)).toBeNull();
  });

  it.each([
    ["/{{ input.widht }}.mp4", "holds the variable 'input.widht'", "Did you mean 'input.width'?"],
    ["/{{ source_width }}.mp4", "holds the variable 'source_width'", "Variables: input.mime_type,"],
    ["/{{ input.metadata. }}.mp4", "holds the variable 'input.metadata.'", ""],
    ["/{{ input width }}.mp4", "not written like {{ input.width }}", ""],
    ["/{{input.width}.mp4", "not written like {{ input.width }}", ""],
    ["/{{}}.mp4", "not written like {{ input.width }}", ""],
  ])("refuses %s: it %s", (path, rule, advice) => {
    expect(templateProblem(path)?.rule).toContain(rule);
    expect(templateProblem(path)?.advice ?? "").toContain(advice);
  });
});

describe("hasVariables", () => {
  it("is true for everything that must be looked at", () => {
    expect(hasVariables("/{{ input.width }}.mp4")).toBe(true);
    expect(hasVariables("/{{ oops.mp4")).toBe(true);
    expect(hasVariables("/{a}/%d.mp4")).toBe(false);
  });
});
