/** `variants` of a stream: beside its packages, or inside one of them as one client has them. */
import type { RenditionFormat } from "../domain/job-spec.ts";
import { DEFAULT_VARIANTS } from "../domain/format/output-presets.ts";
import { parseVariant } from "../domain/format/rendition-format.ts";
import type { OutputContext } from "./output-context.ts";
import { fieldPath } from "./request-fields.ts";
import type { Given } from "./stream-package.ts";

/** Each variant is a whole encode; published ladders have six to nine. */
const MAX_VARIANTS = 12;

const CODE = "output_variants_not_valid";

/** `field` is where they stand in the request. Null after a problem: `output_variants_not_valid`. */
export function readVariants(
  places: readonly Given[],
  { field, problems }: OutputContext,
): { variants: RenditionFormat[]; field: string } | null {
  const [first, second] = places.filter(({ value }) => value !== undefined);
  if (second !== undefined) {
    problems.add(CODE, {
      field: `${field}.variants`,
      rule: "are given twice",
      advice: "Keep them in one place, best in the httpstream output itself.",
    });
    return null;
  }
  const given = first ?? { value: DEFAULT_VARIANTS, field: `${field}.variants` };
  const variants = parseVariants(given, problems);
  return variants && { variants, field: given.field };
}

function parseVariants(
  { value, field }: Given,
  problems: OutputContext["problems"],
): RenditionFormat[] | null {
  if (!Array.isArray(value)) {
    problems.add(CODE, { field, value, rule: "must be a list of formats" });
    return null;
  }
  if (value.length < 1 || value.length > MAX_VARIANTS) {
    problems.add(CODE, { field, value, rule: `must have 1 to ${MAX_VARIANTS} entries` });
    return null;
  }
  const variants = value.flatMap((variant: unknown, index) => {
    const variantField = fieldPath(field, [index]);
    if (typeof variant !== "string") {
      problems.add(CODE, { field: variantField, value: variant, rule: "must be a string" });
      return [];
    }
    return (
      parseVariant(variant, (rule, { advice } = {}) =>
        problems.add(CODE, { field: variantField, value: variant, rule, ...(advice && { advice }) }),
      ) ?? []
    );
  });
  return variants.length === value.length ? variants : null;
}

/** MPEG-TS has no agreed way to carry AV1. */
export function refuseForTransport(
  { variants, field }: { variants: readonly RenditionFormat[]; field: string },
  { problems }: OutputContext,
): void {
  for (const [index, { video }] of variants.entries()) {
    if (video?.codec === "av1") {
      problems.add(CODE, {
        field: fieldPath(field, [index]),
        rule: "is av1, which the MPEG-TS segments of hls cannot carry",
        advice: 'Use "dash": {"path": "/dash", "hlsfmp4": true} instead of hls, or h264 or hevc.',
      });
    }
  }
}
