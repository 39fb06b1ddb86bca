/** How the values of a condition are compared and computed with. */
import type { Operator } from "./condition-order.ts";

export type ConditionValue = string | number | boolean | null;
type ValueOperator = Exclude<Operator, "and" | "or">;

/**
 * A comparison or a sum. Numbers, texts that look like numbers and, beside a number, booleans (1 and 0) compare
 * as numbers, everything else as text. Null on either side makes a comparison false and a sum null.
 */
export function combine(
  operator: ValueOperator,
  left: ConditionValue,
  right: ConditionValue,
): ConditionValue {
  switch (operator) {
    case "+":
    case "-":
    case "*":
    case "/":
    case "%":
      return calculate(operator, toNumber(left), toNumber(right));
    default:
      return left !== null && right !== null && compare(operator, left, right);
  }
}

/** Coconut's bare booleans such as `{{ input.is_hd }}`; a number counts when it is not 0. */
export function isTrue(value: ConditionValue): boolean {
  return typeof value === "string" ? !["", "0", "false"].includes(value.toLowerCase()) : Boolean(value);
}

/** Null for what is no plain decimal number, such as `""`, `0x10` or `24/1`. */
export function toNumber(value: ConditionValue): number | null {
  if (typeof value === "number") {
    return Number.isFinite(value) ? value : null;
  }
  return typeof value === "string" && /^\s*[+-]?(\d+(\.\d*)?|\.\d+)\s*$/.test(value) ? Number(value) : null;
}

function calculate(
  operator: "+" | "-" | "*" | "/" | "%",
  left: number | null,
  right: number | null,
): number | null {
  if (left === null || right === null) {
    return null;
  }
  const result = {
    "+": left + right,
    "-": left - right,
    "*": left * right,
    "/": left / right,
    "%": left % right,
  }[operator];
  return Number.isFinite(result) ? result : null;
}

type Comparison = Exclude<ValueOperator, "+" | "-" | "*" | "/" | "%">;

function compare(
  operator: Comparison,
  left: string | number | boolean,
  right: string | number | boolean,
): boolean {
  const numbers = [numberBeside(left, right), numberBeside(right, left)] as const;
  const order =
    numbers[0] !== null && numbers[1] !== null
      ? Math.sign(numbers[0] - numbers[1])
      : textOrder(String(left), String(right));
  switch (operator) {
    case "=":
      return order === 0;
    case "!=":
      return order !== 0;
    case "<":
      return order < 0;
    case "<=":
      return order <= 0;
    case ">":
      return order > 0;
    case ">=":
      return order >= 0;
  }
}

function numberBeside(value: string | number | boolean, other: string | number | boolean): number | null {
  return typeof value === "boolean" && typeof other === "number" ? Number(value) : toNumber(value);
}

function textOrder(left: string, right: string): number {
  return left === right ? 0 : left < right ? -1 : 1;
}
