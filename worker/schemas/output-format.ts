/**
 * The format of an output: the name that it has in the request, a format string, and what its `format` hash puts in
 * the place of that.
 */
import type { Container, ImageContainer } from "../../encoder/contract/formats.ts";
import { hasPicture } from "../domain/format/format-facts.ts";
import { readFormatString, type FormatString } from "../domain/format/format-string.ts";
import { formatText, listenTo, type Report, type Specs } from "../domain/format/format-specs.ts";
import { toRendition } from "../domain/format/rendition-format.ts";
import { parseResolution } from "../domain/format/spec-values.ts";
import type { RenditionFormat, Resolution } from "../domain/job-spec.ts";
import { readFormatHash, type FormatHash } from "./format-hash.ts";
import type { OutputContext, OutputsContext } from "./output-context.ts";
import { fieldPath, type Fields } from "./request-fields.ts";

/** The outputs of one name share it, so that its mistakes are reported once. */
export type FormatName = {
  text: string;
  format: FormatString;
  /** What the name alone stands for; null after a problem. */
  rendition: () => RenditionFormat | null;
  resolution: () => Resolution | null;
};

/** `format` is what responses echo. */
export type ResolvedFormat<Meaning> = { format: string; meaning: Meaning };

/** Formats are echoed in every answer; leading zeros could make one as long as the request. */
const MAX_FORMAT_CHARS = 200;

/** Null when not even the container is known, after `output_format_not_valid`. */
export function readFormatName(text: string, context: OutputsContext): FormatName | null {
  const field = fieldPath("outputs", [text]);
  const report: Report = (rule, { advice } = {}) =>
    context.problems.add("output_format_not_valid", { field, rule, ...(advice && { advice }) });
  if (text.length > MAX_FORMAT_CHARS) {
    report(`is longer than ${MAX_FORMAT_CHARS} characters`);
    return null;
  }
  const { note, isClean } = listenTo(report);
  const format = readFormatString(text, note);
  if (format === null) {
    return null;
  }
  const isReadable = isClean();
  const meaning = <Meaning>(make: (note: Report) => Meaning | undefined) =>
    once(() => (isReadable ? (make(note) ?? null) : null));
  return {
    text,
    format,
    rendition: meaning((note) =>
      format.type === "video" ? toRendition(format.container, format.specs, context.quirks, note) : undefined,
    ),
    resolution: meaning((note) =>
      format.type === "image" ? parseResolution(format.specs.resolution, note) : undefined,
    ),
  };
}

/** The format of a video output; null after a problem. */
export function resolveVideoFormat(
  name: FormatName,
  container: Container,
  fields: Fields,
  context: OutputContext,
): ResolvedFormat<RenditionFormat> | null {
  const hash = readFormatHash(fields["format"], "video", context);
  if (hash === null) {
    return null;
  }
  if (hash === "none") {
    const rendition = name.rendition();
    return rendition && { format: name.text, meaning: rendition };
  }
  const specs = mergedSpecs(name, hash);
  const rendition = toRendition(container, specs, context.quirks, hash.report);
  return rendition === undefined
    ? null
    : { format: formatText(container, specs, hasPicture(container)), meaning: rendition };
}

/** The resolution of an image output; null after a problem. A square is echoed as one where its side is known. */
export function resolveImageFormat(
  name: FormatName,
  container: ImageContainer,
  fields: Fields,
  context: OutputContext,
): ResolvedFormat<Resolution> | null {
  const hash = readFormatHash(fields["format"], "image", context);
  if (hash === null) {
    return null;
  }
  const specs = hash === "none" ? specsOf(name) : mergedSpecs(name, hash);
  const resolution = hash === "none" ? name.resolution() : parseResolution(specs.resolution, hash.report);
  if (resolution === null || resolution === undefined) {
    return null;
  }
  const sidePx = fields["square"] === true ? (resolution.widthPx ?? resolution.heightPx) : null;
  const format =
    sidePx !== null
      ? `${container}:${sidePx}x${sidePx}`
      : hash === "none"
        ? name.text
        : [container, ...(specs.resolution === undefined ? [] : [specs.resolution])].join(":");
  return { format, meaning: resolution };
}

function mergedSpecs(name: FormatName, hash: Exclude<FormatHash, "none">): Specs {
  const specs: Specs = { ...specsOf(name), ...hash.specs };
  for (const removed of hash.removed) {
    delete specs[removed];
  }
  return specs;
}

function specsOf({ format }: FormatName): Specs {
  return format.type === "httpstream" ? {} : format.specs;
}

function once<Result>(make: () => Result): () => Result {
  let made: { result: Result } | null = null;
  return () => {
    made ??= { result: make() };
    return made.result;
  };
}
