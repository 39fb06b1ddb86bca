/** The outcome of resolving one output against the source: what to make, or why it cannot be made. */
import type { Failure } from "../../../encoder/contract/failure-catalogue.ts";

export type Resolved<T> = ({ ok: true } & T) | { ok: false; failure: Failure };
