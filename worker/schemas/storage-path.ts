/** `storage.path`, the same for every service. */
import { z } from "zod";
import { pathProblem } from "../domain/object-path.ts";
import { hasVariables } from "../domain/path-template.ts";

/** Messages are rules, as parseFields wants them. */
export const storagePath = z
  .string({ error: "must be a string" })
  .refine((path) => pathProblem(path) === null, { error: (issue) => pathProblem(String(issue.input)) ?? "" })
  .refine((path) => !hasVariables(path), {
    error: "holds {{, but variables have a meaning in the path of an output only",
  })
  .default("/");
