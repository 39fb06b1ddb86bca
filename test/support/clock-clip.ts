/** Clips that tell the time: the picture's brightness and the loudness of the tone grow from start to end. */
import { readFile, rm } from "node:fs/promises";
import { firstPicture, frameLumas, makeClip, samples, SHARP_H264 } from "./make-clip.ts";

export type ClockClip = { seconds: number; bytes: Buffer };

export type ClockClipOptions = {
  seconds: number;
  size?: string;
  /** Grain that makes an encoder work for its time; the mean brightness still tells the time. */
  grain?: boolean;
  withSound?: boolean;
};

const FRAME_RATE = 25;
const DARKEST = 20;
const BRIGHTNESS_RANGE = 200;

/** An MP4 at 25 frames a second with a 440 Hz tone in stereo. */
export async function makeClockClip(
  directory: string,
  name: string,
  options: ClockClipOptions,
): Promise<ClockClip> {
  const { seconds, size = "320x180", grain = false, withSound = true } = options;
  const luma = `${DARKEST}+${BRIGHTNESS_RANGE}*T/${seconds}`;
  const picture = [
    // Painted small and then enlarged: an expression per pixel is slow.
    `nullsrc=s=16x16:r=${FRAME_RATE}:d=${seconds},format=yuv420p,geq=lum='${luma}':cb=128:cr=128`,
    `scale=${size.replace("x", ":")}:flags=neighbor,setsar=1`,
    ...(grain ? ["noise=c0s=12:c0f=t"] : []),
  ].join(",");
  const tone = `sine=f=440:r=44100:d=${seconds},volume='0.9*t/${seconds}':eval=frame`;
  const path = await makeClip(directory, name, [
    ...["-f", "lavfi", "-i", picture],
    ...(withSound ? ["-f", "lavfi", "-i", tone, "-ac", "2", "-c:a", "aac", "-b:a", "128k"] : []),
    ...(grain ? ["-c:v", "libx264", "-preset", "ultrafast", "-crf", "20"] : SHARP_H264),
    ...["-movflags", "+faststart"],
  ]);
  const bytes = await readFile(path);
  await rm(path);
  return { seconds, bytes };
}

/** Source times in seconds that the file's frames show, in display order. */
export async function shownTimes(path: string, clip: { seconds: number }): Promise<number[]> {
  return (await frameLumas(path)).map((luma) => timeOfLuma(luma, clip));
}

/** Source time that a picture file shows, whatever its colour space. */
export async function picturedTime(path: string, clip: { seconds: number }): Promise<number> {
  const { green } = (await firstPicture(path)).at(20, 20);
  // Full range back to the 16..235 of video.
  return timeOfLuma(16 + (green * 219) / 255, clip);
}

/** The source time that the file's sound tells around `atSeconds` of its own time. */
export async function heardTime(path: string, clip: { seconds: number }, atSeconds: number): Promise<number> {
  const rate = 48_000;
  const span = (await samples(path)).subarray(
    Math.round((atSeconds - 0.1) * rate),
    Math.round((atSeconds + 0.1) * rate),
  );
  const loudest = span.reduce((peak, sample) => Math.max(peak, Math.abs(sample)), 0);
  // `sine` swings to 1/8.
  return ((loudest * 8) / 0.9) * clip.seconds;
}

function timeOfLuma(luma: number, { seconds }: { seconds: number }): number {
  return ((luma - DARKEST) / BRIGHTNESS_RANGE) * seconds;
}
