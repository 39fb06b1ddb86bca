/** XML text from a tree of elements. */

export type XmlElement = {
  name: string;
  /** Null leaves the attribute out. */
  attributes: Readonly<Record<string, string | number | boolean | null>>;
  /** Elements, or a text. */
  content: readonly XmlElement[] | string;
};

export function element(
  name: string,
  attributes: XmlElement["attributes"] = {},
  content: XmlElement["content"] = [],
): XmlElement {
  return { name, attributes, content };
}

/** A document with its declaration, two spaces to a level. */
export function xmlDocument(root: XmlElement): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${elementText(root, "")}`;
}

function elementText({ name, attributes, content }: XmlElement, indent: string): string {
  const written = Object.entries(attributes).flatMap(([key, value]) =>
    value === null ? [] : [` ${key}="${escaped(String(value))}"`],
  );
  const start = `${indent}<${name}${written.join("")}`;
  if (content.length === 0) {
    return `${start}/>\n`;
  }
  if (typeof content === "string") {
    return `${start}>${escaped(content)}</${name}>\n`;
  }
  const inner = content.map((child) => elementText(child, `${indent}  `)).join("");
  return `${start}>\n${inner}${indent}</${name}>\n`;
}

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** Line ends and tabs of an attribute would be read as spaces; control characters are no XML at all. */
function escaped(text: string): string {
  return text
    .replaceAll(/[&<>"]/g, (character) => ENTITIES[character] ?? character)
    .replaceAll(/[\n\r\t]/g, (character) => `&#${character.charCodeAt(0)};`)
    .replaceAll(UNWRITABLE, "");
}

// oxlint-disable-next-line no-control-regex -- these are the characters that XML 1.0 §2.2 leaves out
const UNWRITABLE = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g;
