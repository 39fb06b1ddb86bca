/** URLs of pictures and texts that an output needs beside the input. They are secrets; outputs name them by number. */
import { checkUrl } from "../domain/allowed-url.ts";
import { redactedUrl } from "../domain/shown-value.ts";
import type { OutputContext } from "./output-context.ts";

export type UrlRules = {
  /** What the URL should lead to, such as `a PNG or JPEG picture`. */
  wanted: string;
  /** What is wrong with an allowed URL. */
  refuse?: (url: URL) => { rule: string; advice: string } | null;
};

/**
 * The place of a URL among those collected so far, each once; fragments do not count.
 * Null after `output_param_not_valid`.
 */
export function collectUrl(
  text: string,
  field: string,
  collected: string[],
  { options, problems }: OutputContext,
  { wanted, refuse }: UrlRules,
): number | null {
  const check = checkUrl(text, options);
  const problem = check.ok
    ? (refuse?.(check.url) ?? null)
    : { rule: check.rule, advice: `Give the http or https URL of ${wanted}.` };
  if (!check.ok || problem !== null) {
    problems.add("output_param_not_valid", { field, value: redactedUrl(text), ...problem });
    return null;
  }
  check.url.hash = "";
  const { href } = check.url;
  const known = collected.indexOf(href);
  return known >= 0 ? known : collected.push(href) - 1;
}
