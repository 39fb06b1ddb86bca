/**
 * What a customer should know of a result that was made all the same: one row per warning. They stand in the
 * metadata of the input and of outputs.
 */
import { z } from "zod";

type WarningDetail = { streamIndex?: number | undefined; codec?: string | undefined };

const WARNINGS = {
  source_damaged: () =>
    "Parts of the input are damaged: pictures or sound may be missing or wrong where it could not be read.",
  audio_track_not_decodable: ({ streamIndex, codec }) =>
    `Audio track ${streamIndex ?? "?"} of the input (${codec ?? "unknown codec"}) cannot be decoded; another one is used.`,
  track_not_decodable: ({ streamIndex, codec }) =>
    `Track ${streamIndex ?? "?"} of the input (${codec ?? "unknown codec"}) cannot be decoded and is left out.`,
} as const satisfies Record<string, (detail: WarningDetail) => string>;

export type WarningCode = keyof typeof WARNINGS;
// SAFETY: the keys of a literal object are exactly its type's keys.
export const WARNING_CODES = Object.keys(WARNINGS) as [WarningCode, ...WarningCode[]];

export const warningSchema = z.object({
  code: z.enum(WARNING_CODES),
  streamIndex: z.int().nonnegative().optional(),
  codec: z.string().max(40).optional(),
});
export type Warning = z.infer<typeof warningSchema>;

/** The sentence for the customer. */
export function warningMessage(warning: Warning): string {
  const message: (detail: WarningDetail) => string = WARNINGS[warning.code];
  return message(warning);
}
