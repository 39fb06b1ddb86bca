/** Writes the small, flat XML documents that S3 answers with. */

export const S3_NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/";

/** Renders `<root><name>value</name>…</root>` with an XML declaration; values are escaped. */
export function renderXml(root: string, children: Record<string, string>, namespace: string | null): string {
  const attribute = namespace === null ? "" : ` xmlns="${namespace}"`;
  const inner = Object.entries(children).map(([name, value]) => `<${name}>${escapeXml(value)}</${name}>`);
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${root}${attribute}>${inner.join("")}</${root}>`;
}

const XML_ENTITIES: Record<string, string> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&apos;",
};

function escapeXml(text: string): string {
  return text.replace(/[&<>"']/g, (char) => XML_ENTITIES[char] ?? char);
}
