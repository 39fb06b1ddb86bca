/** Which stretches of the source a moving picture shows. */
import type { AnimationSpec } from "../../../encoder/contract/output-spec.ts";
import type { AnimationRequest } from "../job-spec.ts";
import type { Resolved } from "./resolved.ts";

type Excerpts = AnimationSpec["excerpts"];

/**
 * The source in as many equal slices as excerpts are wanted, and an excerpt in the middle of each, at most as long as
 * its slice: they never overlap, and titles at the very start and end are left out. An excerpt is at least
 * `shortestSeconds` long, so a source of hardly any length has fewer of them. Without a known length there is one
 * excerpt at most, from the start.
 */
export function sceneExcerpts(
  scene: AnimationRequest["scene"],
  durationSeconds: number | null,
  shortestSeconds: number,
): Resolved<{ excerpts: Excerpts }> {
  if (durationSeconds === null) {
    return scene.number === 1
      ? { ok: true, excerpts: [{ startSeconds: 0, durationSeconds: scene.durationSeconds }] }
      : { ok: false, failure: { code: "input_duration_unknown" } };
  }
  const number = Math.max(1, Math.min(scene.number, Math.floor(durationSeconds / shortestSeconds)));
  const sliceSeconds = durationSeconds / number;
  const lengthSeconds = Math.max(shortestSeconds, Math.min(scene.durationSeconds, sliceSeconds));
  const excerpts = Array.from({ length: number }, (_, index) => ({
    startSeconds: Math.max(0, index * sliceSeconds + (sliceSeconds - lengthSeconds) / 2),
    durationSeconds: lengthSeconds,
  }));
  return { ok: true, excerpts };
}
