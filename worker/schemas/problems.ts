/**
 * Everything that is wrong with one request. Checks go on after a refusal where they can; the answer tells the first
 * one in full and counts the others.
 */
import { AppError } from "../domain/app-error.ts";
import type { ErrorCode, ErrorParams } from "../domain/error-catalogue.ts";

export type Problems = {
  add: (code: ErrorCode, params: ErrorParams) => void;
  /** Does a check that throws AppErrors; undefined when it did. */
  attempt: <Result>(check: () => Result) => Result | undefined;
  count: () => number;
  /** The answer. There must be a problem. */
  refusal: () => AppError;
};

export function newProblems(): Problems {
  const found: { code: ErrorCode; params: ErrorParams }[] = [];
  return {
    add: (code, params) => {
      found.push({ code, params });
    },
    attempt: (check) => {
      try {
        return check();
      } catch (error) {
        if (!(error instanceof AppError)) {
          throw error;
        }
        found.push({ code: error.code, params: error.params });
        return undefined;
      }
    },
    count: () => found.length,
    refusal: () => {
      const [first] = found;
      if (first === undefined) {
        throw new Error("A request was dropped without a problem.");
      }
      return new AppError(first.code, first.params, { problemCount: found.length });
    },
  };
}
