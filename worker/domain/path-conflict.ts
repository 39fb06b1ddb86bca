/** Whether two outputs of a job would write the same object. */
import { aroundSequence, numberedPath } from "./plan/image-sequence.ts";
import { vttPath } from "./plan/vtt-path.ts";
import { knownImageFileCount } from "./known-image-file-count.ts";
import type { ImageRequest, OutputRequest } from "./job-spec.ts";
import { objectKey } from "./object-location.ts";
import { isInPackage, packageClaims, packagesCollide, type PackageClaim } from "./package-claim.ts";

/** Everything that one output writes: single keys, any number in a sequence, or packages of a stream. */
type Claim = {
  keys: ReadonlySet<string>;
  sequence: { before: string; after: string } | null;
  packages: readonly PackageClaim[];
};

/**
 * The positions of the first two outputs that collide; null when there are none. Two outputs with conditions may
 * share a path: which of them is made is only known with the source.
 */
export function findPathConflict(
  outputs: readonly OutputRequest[],
  storagePath: string,
): [number, number] | null {
  const claims = outputs.map((output) => claimOf(output, storagePath));
  for (const [second, claim] of claims.entries()) {
    const first = claims
      .slice(0, second)
      .findIndex(
        (other, index) =>
          collide(claim, other) &&
          (outputs[index]?.condition === null || outputs[second]?.condition === null),
      );
    if (first >= 0) {
      return [first, second];
    }
  }
  return null;
}

function claimOf(output: OutputRequest, storagePath: string): Claim {
  const key = objectKey(storagePath, output.path);
  const none = { keys: new Set<string>(), sequence: null, packages: [] };
  switch (output.type) {
    case "video":
      return { ...none, keys: new Set([key]) };
    case "httpstream":
      return { ...none, packages: packageClaims(output, storagePath) };
    case "image":
      return { ...none, ...imageClaim(output, key, storagePath) };
  }
}

function imageClaim(image: ImageRequest, key: string, storagePath: string): Pick<Claim, "keys" | "sequence"> {
  const vtt = "vtt" in image ? image.vtt : null;
  const vttKeys = vtt === null ? [] : [objectKey(storagePath, vttPath(image.path, vtt.filename))];
  const count = knownImageFileCount(image);
  if (count !== null) {
    const keys = Array.from({ length: count }, (_, index) => numberedPath(key, index + 1));
    return { keys: new Set([...keys, ...vttKeys]), sequence: null };
  }
  const sequence = aroundSequence(image.path);
  return {
    keys: new Set(vttKeys),
    sequence: sequence && { ...sequence, before: objectKey(storagePath, sequence.before) },
  };
}

function collide(a: Claim, b: Claim): boolean {
  return (
    [...a.keys].some((key) => b.keys.has(key)) ||
    a.packages.some((one) => b.packages.some((other) => packagesCollide(one, other))) ||
    hasKeyInPackage(a, b) ||
    hasKeyInPackage(b, a) ||
    (a.sequence !== null && b.sequence !== null && isSameSequence(a.sequence, b.sequence)) ||
    hasKeyInSequence(a, b) ||
    hasKeyInSequence(b, a)
  );
}

function hasKeyInPackage({ packages }: Claim, { keys }: Claim): boolean {
  return packages.some((claim) => [...keys].some((key) => isInPackage(key, claim)));
}

function isSameSequence(a: { before: string; after: string }, b: { before: string; after: string }): boolean {
  return a.before === b.before && a.after === b.after;
}

function hasKeyInSequence(numbered: Claim, single: Claim): boolean {
  const { sequence } = numbered;
  return sequence !== null && [...single.keys].some((key) => isInSequence(key, sequence));
}

function isInSequence(key: string, { before, after }: { before: string; after: string }): boolean {
  return (
    key.startsWith(before) &&
    key.endsWith(after) &&
    /^\d+$/.test(key.slice(before.length, key.length - after.length))
  );
}
