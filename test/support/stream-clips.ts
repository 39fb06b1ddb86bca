/** Sources of streams. Those with numbers show, in each frame, its place; the sound is a tone. */
import { corners, lavfi, makeClip, turnClip } from "./make-clip.ts";
import { numbered } from "./numbered-clip.ts";

export const SHORT_SECONDS = 14;
/** It is encoded in chunks. */
export const LONG_SECONDS = 75;
export const LONG_RATE = 12;
/** Of many bytes, and encoded in chunks. */
export const HEAVY_SECONDS = 72;
export const HEAVY_RATE = 25;
export const TONE_HZ = 440;
/** Of the turned and the stretched clip, as they are stored. */
export const CORNERS_SIZE = { widthPx: 480, heightPx: 270 };
/** Two segments. */
export const CORNERS_SECONDS = 8;

const SAMPLE_RATE = 48_000;

const H264 = ["-c:v", "libx264", "-preset", "ultrafast", "-crf", "12", "-pix_fmt", "yuv420p"];
const PLAIN = [...H264, "-c:a", "aac", "-ar", `${SAMPLE_RATE}`];

const tone = (seconds: number, hz = TONE_HZ) => lavfi(`sine=f=${hz}:r=${SAMPLE_RATE}:d=${seconds}`);
const counted = (rate: string, seconds = SHORT_SECONDS) => lavfi(numbered(rate, seconds));
const fourColours = () =>
  lavfi(`${corners(CORNERS_SIZE.widthPx, CORNERS_SIZE.heightPx)},trim=duration=${CORNERS_SECONDS}`);

const SUBTITLES = "1\n00:00:01,000 --> 00:00:03,000\nHello\n\n2\n00:00:08,000 --> 00:00:09,500\nGood bye\n";

/** Arguments of FFmpeg that make each of them. */
const CLIPS = {
  "film.mp4": () => [...counted("24000/1001"), ...tone(SHORT_SECONDS), ...PLAIN],
  "ntsc.mp4": () => [...counted("30000/1001"), ...tone(SHORT_SECONDS), ...PLAIN],
  "fast.mp4": () => [...counted("60000/1001"), ...tone(SHORT_SECONDS), ...PLAIN],
  // Every seventh frame is missing, and after ten seconds there is none for eight.
  "variable.mp4": () => [
    ...lavfi(`${numbered("25", 30)},select='mod(n,7)*not(between(t,10,17.9))'`),
    ...tone(30),
    ...["-fps_mode", "vfr", ...PLAIN],
  ],
  "silent.mp4": () => [...counted("25"), ...H264],
  "sound.m4a": () => [...tone(SHORT_SECONDS), "-c:a", "aac"],
  // Held upright by a display matrix, which is written afterwards.
  "turned.mp4": () => [...fourColours(), ...tone(CORNERS_SECONDS), ...PLAIN],
  // The wide pixels of PAL's wide pictures.
  "stretched.mp4": () => [...fourColours(), ...tone(CORNERS_SECONDS), "-vf", "setsar=16/11", ...PLAIN],
  "tracks.mkv": () => [
    ...counted("25"),
    ...tone(SHORT_SECONDS),
    ...tone(SHORT_SECONDS, 2 * TONE_HZ),
    ...["-f", "srt", "-i", `data:text/plain,${encodeURIComponent(SUBTITLES)}`],
    ...["-map", "0", "-map", "1", "-map", "2", "-map", "3", ...PLAIN, "-c:s", "srt"],
    ...["-metadata:s:a:0", "language=eng", "-metadata:s:a:1", "language=deu"],
    ...["-metadata:s:s:0", "language=eng"],
  ],
  "heavy.mp4": () => [
    ...lavfi(`testsrc2=s=320x180:r=${HEAVY_RATE}:d=${HEAVY_SECONDS},noise=alls=8:allf=t`),
    ...tone(HEAVY_SECONDS),
    ...[...PLAIN, "-movflags", "+faststart"],
  ],
  "long.mp4": () => [
    ...counted(String(LONG_RATE), LONG_SECONDS),
    ...tone(LONG_SECONDS),
    ...[...PLAIN, "-g", "36", "-movflags", "+faststart"],
  ],
} satisfies Record<string, () => string[]>;

export type StreamClipName = keyof typeof CLIPS;

/** Makes one and returns its path. */
export async function makeStreamSource(directory: string, name: StreamClipName): Promise<string> {
  const path = await makeClip(directory, name, CLIPS[name]());
  if (name === "turned.mp4") {
    await turnClip(path, 90);
  }
  return path;
}
