/**
 * How an object is cut for a multipart upload. Pure arithmetic. All parts are equal but the last, which R2
 * demands and every other store accepts.
 */

const MIB = 1024 ** 2;

export type PartRule = {
  minPartBytes: number;
  /** The Worker's gateway must take a part as one request body, which Cloudflare limits to 100 MB. */
  maxPartBytes: number;
  /** S3 and R2 allow 10,000; the rest is margin. */
  maxParts: number;
};

export const PART_RULE: PartRule = { minPartBytes: 16 * MIB, maxPartBytes: 64 * MIB, maxParts: 9_000 };

/** `partBytes` is the size of every part but the last; `partCount` 1 means a single PUT. */
export type PartPlan = { sizeBytes: number; partBytes: number; partCount: number };

/** Null when the object needs more or larger parts than the rule allows (562 GiB by default). */
export function planParts(sizeBytes: number, rule: PartRule = PART_RULE): PartPlan | null {
  const wholeMib = Math.ceil(sizeBytes / rule.maxParts / MIB) * MIB;
  const partBytes = sizeBytes <= rule.minPartBytes * rule.maxParts ? rule.minPartBytes : wholeMib;
  if (partBytes > rule.maxPartBytes) {
    return null;
  }
  return { sizeBytes, partBytes, partCount: Math.max(1, Math.ceil(sizeBytes / partBytes)) };
}

/** The half-open byte range `[startByte, endByte)` of a part; `partIndex` is 0-based. */
export function partRange(plan: PartPlan, partIndex: number): { startByte: number; endByte: number } {
  const startByte = partIndex * plan.partBytes;
  return { startByte, endByte: Math.min(startByte + plan.partBytes, plan.sizeBytes) };
}
