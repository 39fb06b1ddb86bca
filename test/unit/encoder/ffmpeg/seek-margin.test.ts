import { describe, expect, it } from "vitest";
import { seekMarginSeconds, seekPoints } from "../../../../encoder/ffmpeg/seek-margin.ts";

describe("seekMarginSeconds", () => {
  it("is nothing where an index knows the keyframes, and ten seconds elsewhere", () => {
    expect(seekMarginSeconds("mov,mp4,m4a,3gp,3g2,mj2")).toBe(0);
    expect(seekMarginSeconds("matroska,webm")).toBe(0);
    expect(seekMarginSeconds("mpegts")).toBe(10);
  });
});

describe("seekPoints", () => {
  it("goes straight to the time where an index knows the keyframes", () => {
    expect(seekPoints(30, "mov,mp4,m4a,3gp,3g2,mj2")).toEqual([30, 20, null]);
  });

  it("keeps a distance where seeking is guesswork, and ends at the beginning", () => {
    expect(seekPoints(30, "mpegts")).toEqual([20, null]);
    expect(seekPoints(4, "mpegts")).toEqual([null]);
    expect(seekPoints(0, "matroska,webm")).toEqual([null]);
  });
});
