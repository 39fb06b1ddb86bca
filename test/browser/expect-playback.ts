/** The judgement on what a player has shown and handed to the browser. */
import { expect } from "vitest";
import type { HeardSound, ShownPicture } from "./page-player.ts";
import { FRAME_RATE } from "./stream-clip.ts";

/** Fails unless there are pictures and each shows the number that is due at its time; `startSeconds` is that of number 0. */
export function expectRightNumbers(pictures: readonly ShownPicture[], startSeconds: number): void {
  expect(pictures).not.toEqual([]);
  const wrong = pictures.filter(
    ({ atSeconds, number }) => number !== Math.round((atSeconds - startSeconds) * FRAME_RATE.value),
  );
  expect(wrong).toEqual([]);
}

/** Fails unless the sound is one sine from start to end, and every sample that the browser has a time for is there. */
export function expectWholeTone(sound: HeardSound, frequencyHz: number, durationSeconds: number): void {
  expect(Math.abs(sound.frequencyHz - frequencyHz)).toBeLessThan(0.5);
  // hls.js fills what lies before the start with silence.
  expect(Math.abs(sound.bufferedSeconds - durationSeconds)).toBeLessThan(0.15);
  // A hole in the times counts as buffered. Players cut off what is longer than the pictures, a frame or two.
  expect(sound.decodedSeconds - sound.bufferedSeconds).toBeGreaterThan(-0.002);
  expect(sound.decodedSeconds - sound.bufferedSeconds).toBeLessThan(0.05);
  expect(sound.longestSilenceSeconds).toBeLessThan(0.001);
  expect(sound.largestBreak).toBeLessThan(0.02);
}
