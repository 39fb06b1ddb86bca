/** One mistake in a request body and the refusal it gets. */
import type { ErrorCode } from "../../../worker/domain/error-catalogue.ts";

/** `overrides` replace sections of a good body; `text` is part of the message. */
export type RefusalRow = [code: ErrorCode, field: string, overrides: Record<string, unknown>, text?: string];

export const NOT_YET = "is not supported yet";
