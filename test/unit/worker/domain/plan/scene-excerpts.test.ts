import { describe, expect, it } from "vitest";
import { sceneExcerpts } from "../../../../../worker/domain/plan/scene-excerpts.ts";

function excerpts(number: number, durationSeconds: number, source: number | null) {
  const resolved = sceneExcerpts({ number, durationSeconds }, source, 0.1);
  if (!resolved.ok) {
    throw new Error(resolved.failure.code);
  }
  return resolved.excerpts.map((excerpt) => [excerpt.startSeconds, excerpt.durationSeconds]);
}

describe("sceneExcerpts", () => {
  it("puts each excerpt in the middle of its slice of the source", () => {
    expect(excerpts(1, 5, 65)).toEqual([[30, 5]]);
    expect(excerpts(3, 2, 60)).toEqual([
      [9, 2],
      [29, 2],
      [49, 2],
    ]);
  });

  it("shows all of a source that is shorter than its excerpts, and nothing twice", () => {
    expect(excerpts(1, 5, 3)).toEqual([[0, 3]]);
    expect(excerpts(2, 5, 8)).toEqual([
      [0, 4],
      [4, 4],
    ]);
  });

  it("shows one frame of a source that is hardly longer than that", () => {
    expect(excerpts(10, 5, 0)).toEqual([[0, 0.1]]);
    expect(excerpts(3, 5, 0.04)).toEqual([[0, 0.1]]);
    expect(excerpts(10, 5, 0.25)).toEqual([
      [0, 0.125],
      [0.125, 0.125],
    ]);
  });

  it("begins with the source when its length is unknown, and cannot spread several excerpts over it", () => {
    expect(excerpts(1, 5, null)).toEqual([[0, 5]]);
    expect(sceneExcerpts({ number: 2, durationSeconds: 5 }, null, 0.1)).toEqual({
      ok: false,
      failure: { code: "input_duration_unknown" },
    });
  });
});
