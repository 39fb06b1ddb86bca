import { describe, expect, it } from "vitest";
import { AppError } from "../../../../../worker/domain/app-error.ts";
import { evaluateCondition, parseCondition } from "../../../../../worker/domain/condition/condition.ts";
import type { ConditionValue } from "../../../../../worker/domain/condition/condition-values.ts";
import { seededRandom } from "../../../../support/random.ts";
import { refusalOf } from "../../../../support/request-bodies.ts";

const SOURCE: Record<string, ConditionValue> = {
  "input.width": 1280,
  "input.height": 720,
  "input.rotation": 90,
  "input.fps": 29.97,
  "input.is_hd": true,
  "input.is_audio_only": false,
  "input.video_codec": "h264",
  "input.metadata.format.duration": "60.067000",
  "input.metadata.streams.0.r_frame_rate": "24/1",
};

const evaluate = (text: string, values = SOURCE) =>
  evaluateCondition(parseCondition(text), (name) =>
    Object.hasOwn(values, name) ? (values[name] ?? null) : null,
  );

describe("evaluateCondition", () => {
  it.each([
    ["{{ input.width }} >= 480", true],
    ["{{ input.width }} >= 1280", true],
    ["{{ input.width }} >= 1920", false],
    ["{{input.width}}<1920", true],
    ["{{ input.width }} <> 1280", false],
    ["{{ input.width }} != 1281", true],
    ["{{ input.width }} == 1280", true],
    [
      "({{ input.rotation }} = 0 or {{ input.rotation }} = 180) and {{ input.width }} > {{ input.height }}",
      false,
    ],
    [
      "(({{ input.rotation }} = 90 or {{ input.rotation }} = 270) and {{ input.width }} > {{ input.height }}) or {{ input.height }} > {{ input.width }}",
      true,
    ],
    ["{{ input.is_hd }}", true],
    ["{{ input.is_audio_only }}", false],
    ["NOT {{ input.is_audio_only }} AND {{ input.is_hd }} = TRUE", true],
    ['"{{ input.video_codec }}" = "h264"', true],
    ["'{{ input.video_codec }}' = \"hevc\"", false],
    ["{{ input.video_codec }} = 'h264'", true],
    ["'codec {{ input.video_codec }}!' = 'codec h264!'", true],
    ["{{ input.fps }} > 29 && {{ input.fps }} < 30 || false", true],
  ])("answers %s", (text, expected) => {
    expect(evaluate(text)).toBe(expected);
  });

  it.each([
    ["1 + 2 * 3 = 7", true],
    ["(1 + 2) * 3 = 9", true],
    ["10 - 2 - 3 = 5", true],
    ["7 % 4 = 3", true],
    ["8 / 2 / 2 = 2", true],
    ["-{{ input.width }} + 1281 = 1", true],
    ["- -1 = 1", true],
    [".5 + 1.5 = 2", true],
    ["true or false and false", true],
    ["(true or false) and false", false],
    ["not true or true", true],
    ["not (true or true)", false],
    ["not 1 = 2", true],
    ["not 1 = 1 and true", false],
    ["true and not 1 = 2", true],
    ["not not true", true],
    ["true = not(false)", true],
    ["1 < 2 and 2 < 3", true],
    ["0", false],
    ["-1", true],
  ])("reads %s with the usual precedence", (text, expected) => {
    expect(evaluate(text)).toBe(expected);
  });

  it("compares texts that look like numbers as numbers", () => {
    expect(evaluate("{{ input.metadata.format.duration }} > 9")).toBe(true);
    expect(evaluate("'{{ input.metadata.format.duration }}' < '100'")).toBe(true);
    expect(evaluate("'9' < '10'")).toBe(true);
    expect(evaluate("'1280' = {{ input.width }}")).toBe(true);
  });

  it("compares other texts as text", () => {
    expect(evaluate("{{ input.metadata.streams.0.r_frame_rate }} = '24/1'")).toBe(true);
    expect(evaluate("'abc' < 'abd'")).toBe(true);
    expect(evaluate("'0x10' = 16")).toBe(false);
    expect(evaluate("{{ input.is_hd }} = 'true'")).toBe(true);
    expect(evaluate("{{ input.is_hd }} = 1")).toBe(true);
  });

  it.each(["=", "!=", "<>", "<", "<=", ">", ">="])(
    "makes a comparison %s with an unknown variable false",
    (operator) => {
      expect(evaluate(`{{ input.nothing }} ${operator} 1`)).toBe(false);
      expect(evaluate(`'{{ input.nothing }}' ${operator} 1`)).toBe(false);
      expect(evaluate(`{{ input.nothing }} + 1 ${operator} 1`)).toBe(false);
      expect(evaluate(`1 / 0 ${operator} 1`)).toBe(false);
      expect(evaluate(`'a' * 2 ${operator} 1`)).toBe(false);
    },
  );

  it("does not find inherited names of objects", () => {
    expect(evaluate("{{ constructor }}")).toBe(false);
    expect(evaluate("{{ input.__proto__ }} = 1")).toBe(false);
  });
});

describe("parseCondition", () => {
  it.each([
    ["", 1, "a value is missing"],
    ["   ", 4, "a value is missing"],
    ["{{ input.width }} >=", 21, "a value is missing"],
    [">= 3", 1, "a value is missing before '>='"],
    ["1 2", 3, "an operator is missing before '2'"],
    ["1 (2)", 3, "an operator is missing before '('"],
    ["() = 1", 2, "a value is missing before ')'"],
    ["(1 = 1", 1, "a parenthesis is not closed"],
    ["1 = 1)", 6, "a parenthesis was never opened"],
    ["1 < 2 < 3", 7, "comparisons cannot be chained"],
    ["{{ input.width } > 1", 1, "a variable is not written like"],
    ["{{ input width }} > 1", 1, "a variable is not written like"],
    ["{{}} > 1", 1, "a variable is not written like"],
    ["'{{ input width }}' > 1", 1, "a variable in the text is not written like"],
    ["input.width > 1", 1, "'input' is neither a variable"],
    ["1 = h264", 5, "'h264' is neither a variable"],
    ["1, 2", 2, "unexpected ','"],
    ["1; 2", 2, "unexpected ';'"],
    ["1 = [1]", 5, "unexpected '['"],
    ["1 ? 2 : 3", 3, "unexpected '?'"],
    ["1 = 'abc", 5, "a quote is not closed"],
    ["12abc = 1", 1, "unexpected '1'"],
    ["1.2.3 = 1", 1, "unexpected '1'"],
    ["1 = 1 and", 10, "a value is missing"],
    ["1 not 2", 3, "an operator is missing before 'not'"],
    ["!1", 1, "unexpected '!'"],
    [`${"(".repeat(21)}1${")".repeat(21)}`, 21, "more than 20 levels"],
    [`${"not ".repeat(21)}1`, 81, "more than 20 levels"],
    [`1 = 1 ${" ".repeat(500)}`, 501, "longer than 500 characters"],
  ])("refuses %s at its character %i", (text, character, problem) => {
    const refusal = refusalOf(() => parseCondition(text, "outputs.mp4.if"));
    expect(refusal.code).toBe("output_condition_not_valid");
    expect(refusal.path).toBe("outputs.mp4.if");
    expect(refusal.message).toContain(`at character ${character}: `);
    expect(refusal.message).toContain(problem);
  });

  it("accepts 20 levels and 500 characters", () => {
    expect(evaluate(`${"(".repeat(20)}1${")".repeat(20)}`)).toBe(true);
    expect(evaluate(`${"1+".repeat(249)}1 `)).toBe(true);
  });

  it("never fails with anything but its own error, whatever the words", () => {
    const random = seededRandom(7);
    const words = [
      ...["{{ input.width }}", "{{x}}", "1", ".5", "'a'", '"{{ input.video_codec }}"', "true", "False"],
      ...[
        "and",
        "OR",
        "not",
        "NOT(",
        "(",
        ")",
        "(",
        ")",
        "=",
        "!=",
        "<>",
        "<=",
        "<",
        ">=",
        ">",
        "==",
        "&&",
        "||",
      ],
      ...[
        "+",
        "-",
        "*",
        "/",
        "%",
        "~",
        "_",
        ",",
        "[",
        "{{",
        "'",
        "\u4e00",
        "this",
        "null",
        "a.b",
        "\u0000",
        "?",
        ":",
      ],
    ];
    const crashes: string[] = [];
    let accepted = 0;
    for (let round = 0; round < 4000; round++) {
      const choice = random.chance(0.5) ? words : words.slice(0, 25);
      const picked = Array.from({ length: 1 + random.below(9) }, () => random.pick(choice));
      const text = picked.join(random.chance(0.5) ? " " : "");
      try {
        accepted += typeof evaluate(text) === "boolean" ? 1 : 0;
      } catch (error) {
        crashes.push(
          ...(error instanceof AppError && error.code === "output_condition_not_valid" ? [] : [text]),
        );
      }
    }
    expect(crashes).toEqual([]);
    expect(accepted).toBeGreaterThan(40);
  });
});
