/**
 * The words of an `if` expression. Each character is read here; whether the words stand in a
 * possible order is decided in condition-order.ts, grouping and precedence in condition.ts.
 */
import { AppError } from "../app-error.ts";
import {
  advance,
  finish,
  newOrder,
  type Fail,
  type Operator,
  type Order,
  type TextPart,
  type Token,
} from "./condition-order.ts";
import { shortened } from "../shown-value.ts";

const MAX_CONDITION_CHARS = 500;
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
  const order = newOrder();
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
