/** The few pieces of S3's XML that an upload needs. Pure. Everything a store says is treated as hostile text. */

const ENTITIES: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

/** Text of the first element of that name; null when there is none. Entities of XML 1.0 are resolved. */
export function elementText(xml: string, name: "Code" | "UploadId"): string | null {
  const match = new RegExp(`<${name}>([^<]{1,2048})</${name}>`).exec(xml);
  return (
    match?.[1]
      ?.replace(/&(amp|lt|gt|quot|apos);/g, (whole, entity: string) => ENTITIES[entity] ?? whole)
      .trim() ?? null
  );
}

/** True for an `<Error>` document, which S3 may send with status 200 when completing an upload. */
export function isErrorDocument(xml: string): boolean {
  return /^\s*(<\?xml[^>]*>\s*)?<Error[\s>]/.test(xml);
}

/** The body of CompleteMultipartUpload; `etags` in the order of the parts, as the store returned them. */
export function completeUploadXml(etags: readonly string[]): string {
  const parts = etags.map(
    (etag, index) => `<Part><PartNumber>${index + 1}</PartNumber><ETag>${escapeText(etag)}</ETag></Part>`,
  );
  return `<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${parts.join("")}</CompleteMultipartUpload>`;
}

function escapeText(text: string): string {
  return text.replace(/[&<>]/g, (char) => (char === "&" ? "&amp;" : char === "<" ? "&lt;" : "&gt;"));
}
