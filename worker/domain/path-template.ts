/** Paths with `{{ variables }}`, which the source gives values when it is known. The names are those of conditions. */
import { isVariableName, VARIABLE_NAMES } from "./condition/condition-variables.ts";
import type { ConditionValue } from "./condition/condition-values.ts";
import type { Variables } from "./condition/condition.ts";
import { didYouMean, nameList } from "./name-list.ts";
import { utf8Length } from "./object-path.ts";
import { shortened } from "./shown-value.ts";

const VARIABLE = /\{\{\s*([A-Za-z_][\w.:-]*)\s*\}\}/g;

/** Of what one variable puts into a path: titles can be as long as their authors like. */
const MAX_VALUE_BYTES = 60;
/** Stands for what the source does not have. */
const NO_VALUE = "none";

/** True for anything that looks like a variable, well written or not. */
export function hasVariables(path: string): boolean {
  return path.includes("{{");
}

/** What is wrong with the variables of a path: a rule about the path, and what to do; null when nothing is. */
export function templateProblem(path: string): { rule: string; advice: string | undefined } | null {
  const unknown = [...path.matchAll(VARIABLE)]
    .map(([, name]) => name ?? "")
    .find((name) => !isVariableName(name));
  if (unknown !== undefined) {
    return {
      rule: `holds the variable '${shortened(unknown)}', which does not exist`,
      advice: didYouMean(unknown, VARIABLE_NAMES) ?? `Variables: ${nameList(VARIABLE_NAMES)}.`,
    };
  }
  return hasVariables(path.replaceAll(VARIABLE, ""))
    ? { rule: "has a variable that is not written like {{ input.width }}", advice: undefined }
    : null;
}

/** The path with its values, each made safe: a value is never a folder, a dot segment or a number sequence. */
export function fillPath(template: string, variables: Variables): string {
  return template.replaceAll(VARIABLE, (_, name: string) => safeValue(variables(name)));
}

/** The path with the longest values that there can be, in bytes. */
export function longestFilled(template: string): string {
  return template.replaceAll(VARIABLE, "x".repeat(MAX_VALUE_BYTES));
}

function safeValue(value: ConditionValue): string {
  const text = typeof value === "number" ? String(Number(value.toFixed(2))) : String(value ?? "");
  const plain = text
    .toWellFormed()
    // oxlint-disable-next-line no-control-regex -- these are the characters to replace
    .replace(/[\u0000-\u001f\u007f/\\%#{}\ufffd]/g, "_")
    .trim();
  const short = cut(plain);
  return short === "" ? NO_VALUE : /^\.+$/.test(short) ? short.replaceAll(".", "_") : short;
}

/** At most `MAX_VALUE_BYTES` in UTF-8, never half a character. */
function cut(text: string): string {
  let short = "";
  for (const character of text) {
    if (utf8Length(short + character) > MAX_VALUE_BYTES) {
      break;
    }
    short += character;
  }
  return short.trim();
}
