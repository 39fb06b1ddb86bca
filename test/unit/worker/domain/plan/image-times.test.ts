import { describe, expect, it } from "vitest";
import { imageTimes } from "../../../../../worker/domain/plan/image-times.ts";

describe("imageTimes", () => {
  it("spreads a number of images evenly and leaves out both ends", () => {
    expect(imageTimes({ by: "number", count: 3 }, 20)).toEqual({ ok: true, seconds: [5, 10, 15] });
    expect(imageTimes({ by: "number", count: 1 }, 20)).toEqual({ ok: true, seconds: [10] });
  });

  it("takes the start of a still picture as often as asked", () => {
    expect(imageTimes({ by: "number", count: 2 }, 0)).toEqual({ ok: true, seconds: [0, 0] });
    expect(imageTimes({ by: "offsets", seconds: [0] }, 0)).toEqual({ ok: true, seconds: [0] });
    expect(imageTimes({ by: "interval", seconds: 5 }, 0)).toEqual({ ok: true, seconds: [0] });
  });

  it("keeps offsets in the order they were asked in", () => {
    expect(imageTimes({ by: "offsets", seconds: [9, 0, 9] }, 10)).toEqual({ ok: true, seconds: [9, 0, 9] });
  });

  it("fails when one offset is at or beyond the end", () => {
    const failure = { code: "offset_beyond_end", limit: "8.042 s" };
    expect(imageTimes({ by: "offsets", seconds: [1, 9] }, 8.0416)).toEqual({ ok: false, failure });
    expect(imageTimes({ by: "offsets", seconds: [8] }, 8)).toMatchObject({ ok: false });
  });

  it("takes one image per interval from 0 to before the end", () => {
    expect(imageTimes({ by: "interval", seconds: 5 }, 20)).toEqual({ ok: true, seconds: [0, 5, 10, 15] });
    expect(imageTimes({ by: "interval", seconds: 5 }, 20.1)).toEqual({
      ok: true,
      seconds: [0, 5, 10, 15, 20],
    });
    expect(imageTimes({ by: "interval", seconds: 60 }, 20)).toEqual({ ok: true, seconds: [0] });
  });

  it.each([
    [120, 60],
    [600, 120],
    [1800, 180],
    [3600, 180],
    [7200, 240],
  ])("chooses the interval itself for 0: a source of %i s has %i images", (durationSeconds, count) => {
    const times = imageTimes({ by: "interval", seconds: 0 }, durationSeconds);
    expect(times.ok && times.seconds.length).toBe(count);
  });

  it("fails beyond 10,000 images instead of dropping some", () => {
    expect(imageTimes({ by: "interval", seconds: 1 }, 10_000)).toMatchObject({ ok: true });
    expect(imageTimes({ by: "interval", seconds: 1 }, 10_001)).toEqual({
      ok: false,
      failure: { code: "too_many_images", limit: "10000" },
    });
  });

  it("takes the first frame of a source of unknown duration, but cannot spread images over it", () => {
    const unknown = { ok: false, failure: { code: "input_duration_unknown" } };
    expect(imageTimes({ by: "number", count: 1 }, null)).toEqual({ ok: true, seconds: [0] });
    expect(imageTimes({ by: "offsets", seconds: [3] }, null)).toEqual({ ok: true, seconds: [3] });
    expect(imageTimes({ by: "number", count: 2 }, null)).toEqual(unknown);
    expect(imageTimes({ by: "interval", seconds: 2 }, null)).toEqual(unknown);
  });
});
