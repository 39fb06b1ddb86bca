/** Lists of valid names in refusals, and the one that a misspelt name most likely means. */

/** More is no typing error; keeps the work on endless names small. */
const MAX_COMPARED_CHARS = 40;
/** A beginning of at least this length stands for the name, such as `mpeg2` for `mpeg2video`. */
const MIN_PREFIX_CHARS = 3;

/** `vp8, vp9 and av1`. */
export function nameList(names: readonly string[], word: "and" | "or" = "and"): string {
  return names.length < 2
    ? names.join("")
    : `${names.slice(0, -1).join(", ")} ${word} ${names[names.length - 1] ?? ""}`;
}

/** `Did you mean 'webm'?`, or nothing when no name is near. */
export function didYouMean(text: string, names: readonly string[]): string | undefined {
  const nearest = nearestName(text, names);
  return nearest === null ? undefined : `Did you mean '${nearest}'?`;
}

/** The valid name that needs the fewest typing errors, at most one in three characters; null when none is near. */
export function nearestName(text: string, names: readonly string[]): string | null {
  const typed = text.toLowerCase();
  if (typed.length === 0 || typed.length > MAX_COMPARED_CHARS) {
    return null;
  }
  let nearest: { name: string; errors: number } | null = null;
  for (const name of names) {
    const isPrefix = typed.length >= MIN_PREFIX_CHARS && name.toLowerCase().startsWith(typed);
    const errors = isPrefix ? 0.5 : editDistance(typed, name.toLowerCase());
    if (errors <= Math.max(1, Math.floor(typed.length / 3)) && errors < (nearest?.errors ?? Infinity)) {
      nearest = { name, errors };
    }
  }
  return nearest?.name ?? null;
}

/** Characters to insert, delete or replace, and neighbours to swap (optimal string alignment). */
function editDistance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, column) => column)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const isSame = a[i - 1] === b[j - 1];
      const isSwapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      row.push(
        Math.min(
          cell(rows, i - 1, j) + 1,
          cell([row], 0, j - 1) + 1,
          cell(rows, i - 1, j - 1) + (isSame ? 0 : 1),
          isSwapped ? cell(rows, i - 2, j - 2) + 1 : Infinity,
        ),
      );
    }
    rows.push(row);
  }
  return cell(rows, a.length, b.length);
}

const cell = (rows: number[][], row: number, column: number): number => rows[row]?.[column] ?? Infinity;
