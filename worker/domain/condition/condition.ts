/**
 * `if` expressions: parsed when a job is made, evaluated when its source is known. The language is the one of
 * https://docs.coconut.co/references/variables. Variables come from condition-variables.ts.
 */
import jsep from "jsep";
import { combine, isTrue, toNumber, type ConditionValue } from "./condition-values.ts";
import type { Operand, Operator, TextPart, Token } from "./condition-order.ts";
import { readTokens } from "./condition-tokens.ts";

/** Null for a variable that is unknown or that the source does not have. */
export type Variables = (name: string) => ConditionValue;

export type Condition =
  | Operand
  | { not: Condition }
  | { minus: Condition }
  | { operator: Operator; left: Condition; right: Condition };

/**
 * jsep sees every operand as one letter and every operator as a sign of its own, see `skeletonOf`, so nothing of
 * its default language is left. A spanning `not` is written as `_ ~ operand`, a right-associative operator
 * between `and` and the comparisons, because jsep's prefix operators bind tighter than everything else.
 */
const PRECEDENCE: Readonly<Record<string, number>> = {
  "|": 1,
  "&": 2,
  "~": 3,
  "=": 4,
  "!=": 4,
  "<": 4,
  "<=": 4,
  ">": 4,
  ">=": 4,
  "+": 5,
  "-": 5,
  "*": 6,
  "/": 6,
  "%": 6,
};
configureJsep();

/** First of a block of letters that jsep takes for identifiers; far more than an expression has operands. */
const FIRST_OPERAND_LETTER = 0x4e00;

/**
 * Checks and parses an expression of at most 500 characters and 20 levels.
 * @throws AppError `output_condition_not_valid`; it names `field` and the character, counted from 1.
 */
export function parseCondition(text: string, field = "if"): Condition {
  const tokens = readTokens(text, field);
  const operands = tokens.flatMap((token) => (token.kind === "operand" ? [token.operand] : []));
  return toCondition(jsep(skeletonOf(tokens)), operands);
}

/**
 * True when the output is wanted. Texts that look like numbers compare as numbers. A comparison with null is
 * false, whatever its operator; arithmetic with anything but numbers, or by zero, gives null.
 */
export function evaluateCondition(condition: Condition, variables: Variables): boolean {
  return isTrue(evaluate(condition, variables));
}

function configureJsep(): void {
  jsep.removeAllBinaryOps();
  jsep.removeAllUnaryOps();
  jsep.removeAllLiterals();
  for (const [sign, precedence] of Object.entries(PRECEDENCE)) {
    jsep.addBinaryOp(sign, precedence, sign === "~");
  }
  jsep.addUnaryOp("!");
  jsep.addUnaryOp("-");
}

function skeletonOf(tokens: readonly Token[]): string {
  let operandCount = 0;
  const signs = tokens.map((token) => {
    switch (token.kind) {
      case "operand":
        return String.fromCharCode(FIRST_OPERAND_LETTER + operandCount++);
      case "not":
        return token.tight ? "!" : "_ ~";
      case "minus":
        return "-";
      case "open":
        return "(";
      case "close":
        return ")";
      case "operator":
        return token.symbol === "and" ? "&" : token.symbol === "or" ? "|" : token.symbol;
    }
  });
  return signs.join(" ");
}

/** Only the three node types that a skeleton can give. */
function toCondition(expression: jsep.Expression, operands: readonly Operand[]): Condition {
  // SAFETY: jsep types its nodes as an open record; CoreExpression lists all that its parser makes.
  const node = expression as jsep.CoreExpression;
  if (node.type === "UnaryExpression") {
    const inner = toCondition(node.argument, operands);
    return node.operator === "-" ? { minus: inner } : { not: inner };
  }
  if (node.type === "BinaryExpression") {
    const right = toCondition(node.right, operands);
    return node.operator === "~"
      ? { not: right }
      : { operator: toOperator(node.operator), left: toCondition(node.left, operands), right };
  }
  const operand =
    node.type === "Identifier" ? operands[node.name.charCodeAt(0) - FIRST_OPERAND_LETTER] : undefined;
  if (operand !== undefined) {
    return operand;
  }
  throw new Error(`jsep made a ${node.type} of a checked condition`);
}

function toOperator(sign: string): Operator {
  // SAFETY: the signs are those of PRECEDENCE, which are operators but for these two.
  return sign === "&" ? "and" : sign === "|" ? "or" : (sign as Operator);
}

function evaluate(condition: Condition, variables: Variables): ConditionValue {
  if ("number" in condition) {
    return condition.number;
  }
  if ("boolean" in condition) {
    return condition.boolean;
  }
  if ("variable" in condition) {
    return variables(condition.variable);
  }
  if ("parts" in condition) {
    return joinParts(condition.parts, variables);
  }
  if ("not" in condition) {
    return !isTrue(evaluate(condition.not, variables));
  }
  if ("minus" in condition) {
    const value = toNumber(evaluate(condition.minus, variables));
    return value === null ? null : -value;
  }
  const left = evaluate(condition.left, variables);
  switch (condition.operator) {
    case "and":
      return isTrue(left) && isTrue(evaluate(condition.right, variables));
    case "or":
      return isTrue(left) || isTrue(evaluate(condition.right, variables));
    default:
      return combine(condition.operator, left, evaluate(condition.right, variables));
  }
}

/** A text with nothing but one variable in it is that variable: quotes around variables are common. */
function joinParts(parts: readonly TextPart[], variables: Variables): ConditionValue {
  const filled = parts.filter((part) => !("text" in part && part.text === ""));
  const [first] = filled;
  if (filled.length === 1 && first !== undefined && "variable" in first) {
    return variables(first.variable);
  }
  return filled.map((part) => ("text" in part ? part.text : String(variables(part.variable) ?? ""))).join("");
}
