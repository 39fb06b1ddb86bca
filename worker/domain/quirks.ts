/** Coconut's own ways that an operator can ask for where Copra does better: `COCONUT_QUIRKS`, a comma list. */

/** `baseline`: H.264 with a bitrate is Baseline, level 3.0. `empty_404`: a 404 of the API has no body. */
const QUIRKS = ["baseline", "empty_404"] as const;
type Quirk = (typeof QUIRKS)[number];
export type Quirks = ReadonlySet<Quirk>;

export const NO_QUIRKS: Quirks = new Set();

/** @throws Error with a sentence for the operator. */
export function parseQuirks(text: string | undefined): Quirks {
  const names = (text ?? "")
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
  return new Set(
    names.map((name) => {
      const quirk = QUIRKS.find((known) => known === name);
      if (quirk === undefined) {
        throw new Error(
          `COCONUT_QUIRKS holds ${JSON.stringify(name)}; it is a comma-separated list of ${QUIRKS.join(" and ")}. ` +
            "Set it in [vars] of wrangler.toml.",
        );
      }
      return quirk;
    }),
  );
}
