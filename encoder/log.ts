/**
 * The encoder's log: one JSON line per operation on stderr. Lines carry ids, durations and outcomes; never a
 * credential and never the query of a URL, which is where signed URLs keep theirs.
 */

/** What a line may carry. `event` is `area.verb`. */
export type LogFields = {
  event: string;
  jobId?: string;
  taskId?: string;
  attempt?: number;
  durationMs?: number;
  outcome?: string;
  [field: string]: string | number | boolean | null | undefined;
};

export type Log = (fields: LogFields) => void;

/** Removes userinfo and query from every URL in a text that somebody else wrote. */
export function redactUrls(text: string): string {
  return text.replace(/\b(https?:\/\/)(?:[^\s/@"'<>]*@)?([^\s?#"'<>]*)[?#]?[^\s"'<>]*/gi, "$1$2");
}

/** Name, code, message and stack of an error and its causes, redacted, in at most 4,000 characters. */
export function describeError(error: unknown): string {
  const parts: string[] = [];
  let current: unknown = error;
  for (let depth = 0; current instanceof Error && depth < 4; depth += 1) {
    const code = "code" in current && typeof current.code === "string" ? ` [${current.code}]` : "";
    parts.push(`${current.stack ?? `${current.name}: ${current.message}`}${code}`);
    current = current.cause;
  }
  return redactUrls(parts.length === 0 ? String(error) : parts.join("\ncaused by ")).slice(0, 4_000);
}

/** A log that writes to `write`; `now` gives epoch milliseconds. */
export function createLog(write: (line: string) => void, now: () => number): Log {
  return (fields) => {
    write(`${JSON.stringify({ at: new Date(now()).toISOString(), ...fields })}\n`);
  };
}
