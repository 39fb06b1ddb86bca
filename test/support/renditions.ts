/** Format strings as the parser reads them, without a request around them. */
import { readFormatString } from "../../worker/domain/format/format-string.ts";
import { toRendition } from "../../worker/domain/format/rendition-format.ts";
import type { Report } from "../../worker/domain/format/format-specs.ts";
import type { RenditionFormat } from "../../worker/domain/job-spec.ts";
import { NO_QUIRKS } from "../../worker/domain/quirks.ts";

const fail: Report = (rule) => {
  throw new Error(`The format ${rule}.`);
};

/** A format of video or sound, which must be valid. */
export function renditionOf(text: string): RenditionFormat {
  const rendition = resolve(text, fail);
  if (rendition === null) {
    throw new Error(`${text} is no format of video or sound.`);
  }
  return rendition;
}

/** What is wrong with a format, sentence and advice. */
export function formatProblems(text: string): string[] {
  const problems: string[] = [];
  resolve(text, (rule, about) => problems.push([rule, about?.advice].filter(Boolean).join(". ")));
  return problems;
}

function resolve(text: string, report: Report): RenditionFormat | null {
  const format = readFormatString(text, report);
  return format?.type === "video"
    ? (toRendition(format.container, format.specs, NO_QUIRKS, report) ?? null)
    : null;
}
