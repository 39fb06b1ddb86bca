/** Command lines: node:util's parser, with errors that name the flag, the value and the rule. */
import { parseArgs, type ParseArgsOptionsConfig } from "node:util";
import { UsageError } from "./cli-error.ts";

/** What a command line may hold. Every command also takes `--help`. */
export type CommandLine<Options extends ParseArgsOptionsConfig> = {
  options: Options;
  /** How many words without dashes are allowed. */
  maxPositionals: number;
};

/** The flags and words of `argv`. @throws UsageError for a flag that does not exist, lacks its value, or a word too many. */
export function parseFlags<const Options extends ParseArgsOptionsConfig>(
  argv: readonly string[],
  line: CommandLine<Options>,
) {
  try {
    const parsed = parseArgs({
      args: [...argv],
      options: line.options,
      allowPositionals: true,
      strict: true,
    });
    const surplus = parsed.positionals[line.maxPositionals];
    if (surplus !== undefined) {
      throw new UsageError(`"${surplus}" is one word too many.`);
    }
    return parsed;
  } catch (error) {
    if (error instanceof TypeError && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS")) {
      throw new UsageError(firstSentence(error.message));
    }
    throw error;
  }
}

/** A whole number of `min`..`max`, or `fallback` when the flag is absent. @throws UsageError otherwise. */
export function parseInteger(
  flag: string,
  text: string | undefined,
  range: { min: number; max: number; fallback: number },
): number {
  if (text === undefined) {
    return range.fallback;
  }
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isNaN(value) || value < range.min || value > range.max) {
    throw new UsageError(`--${flag} ${text}: give a whole number from ${range.min} to ${range.max}.`);
  }
  return value;
}

/** Node explains at length how to pass words that start with a dash; the first sentence says what is wrong. */
function firstSentence(message: string): string {
  const end = message.search(/\.\s|\n/);
  const sentence = end === -1 ? message : message.slice(0, end);
  return sentence.endsWith(".") ? sentence : `${sentence}.`;
}
