import { describe, expect, it } from "vitest";
import { findRegularSeries } from "../../../../../encoder/ffmpeg/image/image-series.ts";

const times = (count: number, at: (index: number) => number) =>
  Array.from({ length: count }, (_, index) => at(index));

describe("findRegularSeries", () => {
  it("finds many close pictures at equal distances", () => {
    expect(findRegularSeries(times(61, (index) => index))).toEqual({
      firstSeconds: 0,
      spacingSeconds: 1,
      count: 61,
    });
    const thirds = findRegularSeries(times(40, (index) => 0.2 + index / 3));
    expect(thirds).toMatchObject({ firstSeconds: 0.2, count: 40 });
    expect(thirds?.spacingSeconds).toBeCloseTo(1 / 3, 12);
  });

  it("finds them far into the source", () => {
    expect(findRegularSeries(times(40, (index) => 7000 + index))).toEqual({
      firstSeconds: 7000,
      spacingSeconds: 1,
      count: 40,
    });
  });

  it("leaves few, distant or uneven pictures to seeking", () => {
    expect(findRegularSeries(times(30, (index) => index))).toBeNull();
    expect(findRegularSeries(times(100, (index) => index * 60))).toBeNull();
    expect(findRegularSeries(times(60, (index) => (index === 7 ? 7.01 : index)))).toBeNull();
  });

  it("leaves equal, falling and single times to seeking", () => {
    expect(findRegularSeries(times(60, () => 5))).toBeNull();
    expect(findRegularSeries(times(60, (index) => 60 - index))).toBeNull();
    expect(findRegularSeries([5])).toBeNull();
  });
});
