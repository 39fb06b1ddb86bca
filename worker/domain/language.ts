/** Names of languages: BCP 47, also where an ISO 639-2 code stands for one. */
import type { LanguageTag } from "./job-spec.ts";

/** RFC 5646 §4.4.1: what a tag of registered parts comes to at most. */
const MAX_TAG_CHARS = 35;

const ENGLISH_NAMES = new Intl.DisplayNames("en", { type: "language" });

/**
 * The canonical tag of a BCP 47 tag or an ISO 639-2 code: `en` of `eng`, `de` of `ger` and `deu`, `pt-BR` of `PT-br`.
 * Null for anything else; languages of more than three letters do not exist.
 */
export function parseLanguage(text: string): LanguageTag | null {
  if (text.length > MAX_TAG_CHARS || !/^[a-z]{2,3}(-|$)/i.test(text)) {
    return null;
  }
  try {
    return Intl.getCanonicalLocales(text)[0] ?? null;
  } catch {
    return null;
  }
}

/** What two tags of one language have in common, such as `pt` of `pt-BR`. */
export function primaryLanguage(tag: LanguageTag): string {
  return tag.replace(/-.*$/s, "");
}

/**
 * The English name, such as `Brazilian Portuguese`; the tag itself where there is none. Extensions and private parts,
 * for which `Intl` has no names but an error, do not count.
 */
export function languageName(tag: LanguageTag): string {
  return ENGLISH_NAMES.of(new Intl.Locale(tag).baseName) ?? tag;
}
