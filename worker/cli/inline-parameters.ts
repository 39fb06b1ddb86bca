/** SQL text with its values inside, for `wrangler d1 execute`, which binds none. SQLite's literals only. */

/**
 * The statement with each `?` outside quotes replaced by its value.
 *
 * @throws RangeError when the number of values differs, or a value has no safe literal.
 */
export function inlineParameters(sql: string, params: readonly unknown[]): string {
  let index = 0;
  // Quoted strings and names are matched whole, so a question mark inside them is never taken for a placeholder.
  const text = sql.replaceAll(/'(?:[^']|'')*'|"(?:[^"]|"")*"|`[^`]*`|\?/g, (match) => {
    if (match !== "?") {
      return match;
    }
    if (index >= params.length) {
      throw new RangeError(`The statement has more placeholders than its ${params.length} values.`);
    }
    return sqlLiteral(params[index++]);
  });
  if (index !== params.length) {
    throw new RangeError(`The statement has ${index} placeholders for ${params.length} values.`);
  }
  return text;
}

/** A value as SQLite writes it: text in single quotes with quotes doubled. @throws RangeError for anything else than text, finite numbers, booleans and null. */
export function sqlLiteral(value: unknown): string {
  switch (typeof value) {
    case "string":
      // A NUL ends SQL text early.
      if (value.includes("\0")) {
        throw new RangeError("Text with a NUL character cannot be written as SQL.");
      }
      return `'${value.replaceAll("'", "''")}'`;
    case "number":
      if (!Number.isFinite(value)) {
        throw new RangeError(`${value} cannot be written as SQL.`);
      }
      return String(value);
    case "boolean":
      return value ? "1" : "0";
    default:
      if (value === null) {
        return "NULL";
      }
      throw new RangeError(`A ${typeof value} cannot be written as SQL.`);
  }
}
