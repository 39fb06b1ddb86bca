/** How refused values appear in error messages: short, quoted, and without what a URL may keep secret. */

const MAX_SHOWN_CHARS = 80;

/** Texts in quotes, numbers and booleans bare; of objects and lists only what they are. */
export function shownValue(value: unknown): string {
  if (typeof value === "string") {
    return JSON.stringify(shortened(withoutUrlSecrets(value)));
  }
  if (Array.isArray(value)) {
    return "(a list)";
  }
  return typeof value === "object" && value !== null ? "(an object)" : String(value);
}

/** At most 80 characters. */
export function shortened(text: string): string {
  return text.length <= MAX_SHOWN_CHARS ? text : `${text.slice(0, MAX_SHOWN_CHARS).toWellFormed()}...`;
}

/**
 * A customer's URL as it may be shown: without user name, password, query and fragment. Works on texts that no
 * parser accepts, since those are the ones that errors quote.
 */
export function redactedUrl(text: string): string {
  // Up to the last @, because an unencoded password may hold slashes.
  return text.replace(/[?#].*$/s, "").replace(/^([a-z][a-z0-9+.-]*:(?=[/\\]))?([/\\]*).*@/is, "$1$2");
}

/** URLs also turn up in fields that expect something else. */
function withoutUrlSecrets(text: string): string {
  return /^[a-z][a-z0-9+.-]*:[/\\]/i.test(text) ? redactedUrl(text) : text;
}
