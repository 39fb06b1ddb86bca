/**
 * The words of a condition and the order that they may stand in. Every mistake is found at its place, so that
 * what follows can rely on a well-formed expression.
 */
import { shortened } from "../shown-value.ts";

/** A text in quotes may hold variables: they are put in before it is compared. */
export type TextPart = { text: string } | { variable: string };
export type Operand =
  | { number: number }
  | { boolean: boolean }
  | { variable: string }
  | { parts: TextPart[] };

export type Token =
  | { kind: "operand"; operand: Operand }
  /** `tight` negates the next operand only; otherwise a `not` spans the whole comparison after it. */
  | { kind: "not"; tight: boolean }
  | { kind: "minus" }
  | { kind: "operator"; symbol: Operator }
  | { kind: "open" }
  | { kind: "close" };
export type Operator = "and" | "or" | "=" | "!=" | "<" | "<=" | ">" | ">=" | "+" | "-" | "*" | "/" | "%";

/** Parentheses and signs inside one another. Real conditions need two or three. */
const MAX_DEPTH = 20;

const COMPARISONS: readonly Operator[] = ["=", "!=", "<", "<=", ">", ">="];

/** What may come next; changed by `advance`. */
export type Order = {
  wantsOperand: boolean;
  /** Inside a comparison or a sum, where `not` belongs to the next operand only. */
  isInsideTerm: boolean;
  /** Signs in a row. */
  signCount: number;
  /** One entry per open parenthesis, the whole expression first: where it is and whether its term is compared. */
  groups: [Group, ...Group[]];
};
type Group = { index: number; hasComparison: boolean };
/** Throws; `index` is 0-based. */
export type Fail = (index: number, problem: string) => never;

/** Before the first word. */
export function newOrder(): Order {
  return {
    wantsOperand: true,
    isInsideTerm: false,
    signCount: 0,
    groups: [{ index: 0, hasComparison: false }],
  };
}

/** Operands and operators alternate, parentheses pair up, comparisons are not chained. */
export function advance(order: Order, token: Token, index: number, text: string, fail: Fail): void {
  const startsOperand = token.kind !== "operator" && token.kind !== "close";
  if (startsOperand !== order.wantsOperand) {
    fail(index, `${order.wantsOperand ? "a value" : "an operator"} is missing before '${shortened(text)}'`);
  }
  order.wantsOperand = token.kind !== "operand" && token.kind !== "close";
  order.signCount = token.kind === "not" || token.kind === "minus" ? order.signCount + 1 : 0;
  order.isInsideTerm = token.kind === "minus" || (token.kind === "not" && token.tight);
  if (token.kind === "open") {
    order.groups.push({ index, hasComparison: false });
  } else if (token.kind === "close") {
    closeGroup(order, index, fail);
  } else if (token.kind === "operator") {
    joinTerms(order, token.symbol, index, fail);
  }
  if (order.groups.length + order.signCount > MAX_DEPTH + 1) {
    fail(index, `more than ${MAX_DEPTH} levels`);
  }
}

function closeGroup(order: Order, index: number, fail: Fail): void {
  if (order.groups.length === 1) {
    fail(index, "a parenthesis was never opened");
  }
  order.groups.pop();
}

function joinTerms(order: Order, symbol: Operator, index: number, fail: Fail): void {
  const group = order.groups.at(-1) ?? order.groups[0];
  const isComparison = COMPARISONS.includes(symbol);
  if (isComparison && group.hasComparison) {
    fail(index, "comparisons cannot be chained, join them with 'and'");
  }
  order.isInsideTerm = symbol !== "and" && symbol !== "or";
  group.hasComparison = order.isInsideTerm && (group.hasComparison || isComparison);
}

/** After the last word: nothing may be left open. */
export function finish(order: Order, index: number, fail: Fail): void {
  if (order.wantsOperand) {
    fail(index, "a value is missing");
  }
  if (order.groups.length > 1) {
    fail(order.groups.at(-1)?.index ?? index, "a parenthesis is not closed");
  }
}
