/** Parts that the generated pages are made of. */
import type { ParamRow } from "./parameter-rows.ts";

export const code = (text: string | number): string => `\`${text}\``;
export const codes = (texts: readonly (string | number)[]): string => texts.map(code).join(" ");

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), `|${head.map(() => "---").join("|")}|`, ...rows.map(line), ""];
}

export function parameterTable(head: string, rows: Readonly<Record<string, ParamRow>>): string[] {
  return table(
    [head, "values", "default", ""],
    Object.entries(rows).map(([name, { values, default: fallback, about }]) => [
      code(name),
      values,
      fallback,
      about,
    ]),
  );
}

export function exampleBlock(about: string, outputs: object): string[] {
  return [`${about}:`, "", "```json", JSON.stringify(outputs, null, 2), "```", ""];
}
