/** Attribute lists of HLS tags (RFC 8216 §4.2). */

/** `null` leaves the attribute out. A string is written in quotes, a `{ bare }` and a number without. */
export type AttributeValue = string | number | { bare: string } | null;

/** `NAME=value,NAME="value"`, in the given order. */
export function attributeList(attributes: Readonly<Record<string, AttributeValue>>): string {
  return Object.entries(attributes)
    .flatMap(([name, value]) => (value === null ? [] : [`${name}=${valueText(value)}`]))
    .join(",");
}

function valueText(value: string | number | { bare: string }): string {
  if (typeof value === "number") {
    return String(value);
  }
  return typeof value === "string" ? `"${quotable(value)}"` : value.bare;
}

/** A quoted string has no escapes; what would end it or its line has to be something else. */
function quotable(text: string): string {
  return text.replaceAll('"', "'").replaceAll(/[\r\n]+/g, " ");
}

/** `YES` or `NO`. */
export function yesNo(isYes: boolean): { bare: string } {
  return { bare: isYes ? "YES" : "NO" };
}
