/**
 * One structured JSON line per operation. Fields are chosen by the caller one by one: no URL with a query, no
 * credential and no request body ever goes in.
 */
type Field = string | number | boolean | null | undefined;

/** Writes one line; `event` is dotted `area.verb`. */
export function log(
  level: "info" | "warn" | "error",
  event: string,
  fields: Record<string, Field> = {},
): void {
  const line = JSON.stringify({ level, event, ...fields });
  // eslint-disable-next-line no-console -- the Worker's log is its console
  console[level](line);
}

/** What an unknown thrown value says, cut to a length fit for a log line. */
export function errorText(error: unknown): string {
  return (error instanceof Error ? `${error.name}: ${error.message}` : String(error)).slice(0, 500);
}
