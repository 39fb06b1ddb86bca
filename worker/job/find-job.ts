/** From an id that anyone may have typed to the job's object. */
import { AppError } from "../domain/app-error.ts";
import { JOB_ID_PATTERN } from "../domain/ids.ts";
import type { JobObject } from "./job-object.ts";

/**
 * The object of a job id. Asking it is safe for invented ids: they write nothing.
 *
 * @throws AppError `not_found` for what cannot be a job id.
 */
export function findJob(env: Env, id: string): DurableObjectStub<JobObject> {
  if (!JOB_ID_PATTERN.test(id)) {
    throw new AppError("not_found");
  }
  return env.JOBS.getByName(id);
}
