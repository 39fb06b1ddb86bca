/**
 * The words of an `if` expression. Checks every character and the order of operands and operators, so that each
 * mistake is reported where it is; grouping and precedence are left to the parser in condition.ts.
 */
import { AppError } from "./app-error.ts";
import { shortened } from "./shown-value.ts";

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

export const MAX_CONDITION_CHARS = 500;
/** Parentheses and signs inside one another. Real conditions need two or three. */
const MAX_DEPTH = 20;

const VARIABLE = "\\{\\{\\s*([A-Za-z_][\\w.:-]*)\\s*\\}\\}";
const TOKEN = new RegExp(
  `${VARIABLE}|((?:\\d+(?:\\.\\d+)?|\\.\\d+)(?![\\w.]))|"([^"]*)"|'([^']*)'|([A-Za-z_]\\w*)|(<=|>=|<>|!=|==|&&|\\|\\||[=<>+*/%()-])`,
  "y",
);

/** The same operator in several spellings: documented, SQL's, and those of the calculator Coconut uses. */
const OPERATORS: Readonly<Record<string, Operator>> = {
  and: "and",
  "&&": "and",
  or: "or",
  "||": "or",
  "=": "=",
  "==": "=",
  "!=": "!=",
  "<>": "!=",
  "<": "<",
  "<=": "<=",
  ">": ">",
  ">=": ">=",
  "+": "+",
  "-": "-",
  "*": "*",
  "/": "/",
  "%": "%",
};
const COMPARISONS: readonly Operator[] = ["=", "!=", "<", "<=", ">", ">="];

/**
 * Reads a whole expression.
 * @throws AppError `output_condition_not_valid` that names `field` and the 1-based character.
 */
export function readTokens(text: string, field: string): Token[] {
  const fail: Fail = (index, problem) => {
    const rule = `is not a valid condition at character ${index + 1}: ${problem}`;
    throw new AppError("output_condition_not_valid", { field, value: text, rule });
  };
  if (text.length > MAX_CONDITION_CHARS) {
    fail(MAX_CONDITION_CHARS, `it is longer than ${MAX_CONDITION_CHARS} characters`);
  }
  const tokens: Token[] = [];
  const order: Order = {
    wantsOperand: true,
    isInsideTerm: false,
    signCount: 0,
    groups: [{ index: 0, hasComparison: false }],
  };
  for (let index = skipBlanks(text, 0); index < text.length;) {
    TOKEN.lastIndex = index;
    const match = TOKEN.exec(text) ?? fail(index, unreadable(text.slice(index)));
    const token = toToken(match, order) ?? fail(index, unknownWord(match[0]));
    if (hasBrokenVariable(token)) {
      fail(index, "a variable in the text is not written like {{ input.width }}");
    }
    advance(order, token, index, match[0], fail);
    tokens.push(token);
    index = skipBlanks(text, index + match[0].length);
  }
  finish(order, text.length, fail);
  return tokens;
}

/** What may come next. */
type Order = {
  wantsOperand: boolean;
  /** Inside a comparison or a sum, where `not` belongs to the next operand only. */
  isInsideTerm: boolean;
  /** Signs in a row. */
  signCount: number;
  /** One entry per open parenthesis, the whole expression first: where it is and whether its term is compared. */
  groups: [Group, ...Group[]];
};
type Group = { index: number; hasComparison: boolean };
type Fail = (index: number, problem: string) => never;

/** Operands and operators alternate, parentheses pair up, comparisons are not chained. */
function advance(order: Order, token: Token, index: number, text: string, fail: Fail): void {
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

function finish(order: Order, index: number, fail: Fail): void {
  if (order.wantsOperand) {
    fail(index, "a value is missing");
  }
  if (order.groups.length > 1) {
    fail(order.groups.at(-1)?.index ?? index, "a parenthesis is not closed");
  }
}

function toToken(match: RegExpExecArray, order: Order): Token | null {
  const [text, variable, number, doubleQuoted, singleQuoted, word] = match;
  if (variable !== undefined) {
    return { kind: "operand", operand: { variable } };
  }
  if (number !== undefined) {
    return { kind: "operand", operand: { number: Number(number) } };
  }
  const quoted = doubleQuoted ?? singleQuoted;
  if (quoted !== undefined) {
    return { kind: "operand", operand: { parts: textParts(quoted) } };
  }
  const spelling = text.toLowerCase();
  if (spelling === "(") {
    return { kind: "open" };
  }
  if (spelling === ")") {
    return { kind: "close" };
  }
  if (spelling === "true" || spelling === "false") {
    return { kind: "operand", operand: { boolean: spelling === "true" } };
  }
  if (spelling === "not") {
    return { kind: "not", tight: order.isInsideTerm };
  }
  if (spelling === "-" && order.wantsOperand) {
    return { kind: "minus" };
  }
  const symbol = word === undefined || Object.hasOwn(OPERATORS, spelling) ? OPERATORS[spelling] : undefined;
  return symbol === undefined ? null : { kind: "operator", symbol };
}

/** Odd entries of a split by the variable pattern are the variables' names. */
function textParts(quoted: string): TextPart[] {
  const pieces = quoted.split(new RegExp(VARIABLE));
  return pieces.map((piece, index) => (index % 2 === 1 ? { variable: piece } : { text: piece }));
}

function hasBrokenVariable(token: Token): boolean {
  const parts = token.kind === "operand" && "parts" in token.operand ? token.operand.parts : [];
  return parts.some((part) => "text" in part && part.text.includes("{{"));
}

function skipBlanks(text: string, index: number): number {
  return index + (/^\s*/.exec(text.slice(index))?.[0].length ?? 0);
}

function unknownWord(word: string): string {
  return `'${shortened(word)}' is neither a variable like {{ input.width }} nor a text in quotes`;
}

function unreadable(rest: string): string {
  if (rest.startsWith("{")) {
    return "a variable is not written like {{ input.width }}";
  }
  return /^["']/.test(rest) ? "a quote is not closed" : `unexpected '${rest.slice(0, 1)}'`;
}
