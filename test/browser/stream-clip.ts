/** Sources whose pictures say their number so plainly that it is read from the smallest rung, in two languages. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { lavfi, makeClip } from "../support/make-clip.ts";
import { NUMBER_BITS } from "./number-bits.ts";

/** Neither the length of a picture nor the place of a keyframe is a round number of seconds. */
export const FRAME_RATE = { text: "24000/1001", value: 24_000 / 1001 };

/** As a source names it, ISO 639-2, and as a manifest does, BCP 47; what is heard and what is read. */
export type Language = { code: string; language: string; toneHz: number; words: string };

export const ENGLISH: Language = { code: "eng", language: "en", toneHz: 440, words: "good morning" };
export const GERMAN: Language = { code: "deu", language: "de", toneHz: 880, words: "guten Morgen" };

/** When subtitles are shown. */
export const WORDS_AT = { fromSeconds: 1, toSeconds: 3 };

export type StreamClipOptions = {
  seconds: number;
  size: string;
  /** One audio track each, and a text track each where `hasText` is set. */
  languages: readonly Language[];
  hasText?: boolean;
  /** Noise, which makes a large file of a small picture. */
  isGrainy?: boolean;
};

/** H.264 and AAC in MP4, a keyframe every other second. */
export async function makeStreamClip(
  directory: string,
  name: string,
  { seconds, size, languages, hasText = false, isGrainy = false }: StreamClipOptions,
): Promise<Buffer> {
  const texts = hasText ? languages : [];
  const files = texts.map(({ code }) => join(directory, `${name}.${code}.srt`));
  await Promise.all(texts.map(({ words }, index) => writeFile(files[index] ?? "", subtitles(words))));
  const maps = [
    "-map",
    "0:v",
    ...[...languages, ...texts].flatMap((_, index) => ["-map", String(index + 1)]),
  ];
  const tags = [
    ...languages.flatMap(({ code }, index) => [`-metadata:s:a:${index}`, `language=${code}`]),
    ...texts.flatMap(({ code }, index) => [`-metadata:s:s:${index}`, `language=${code}`]),
  ];
  const path = await makeClip(directory, name, [
    ...lavfi(numberedPictures(seconds, size) + (isGrainy ? ",noise=alls=12:allf=t" : "")),
    ...languages.flatMap(({ toneHz }) => lavfi(`sine=f=${toneHz}:r=48000:d=${seconds}`)),
    ...files.flatMap((file) => ["-i", file]),
    ...maps,
    ...["-c:v", "libx264", "-preset", "ultrafast", "-g", "48"],
    ...["-c:a", "aac", "-ac", "2", "-c:s", "mov_text", "-movflags", "+faststart"],
    ...tags,
  ]);
  return readFile(path);
}

/** A tone and nothing else. */
export async function makeToneClip(directory: string, name: string, seconds: number): Promise<Buffer> {
  const tone = lavfi(`sine=f=${ENGLISH.toneHz}:r=48000:d=${seconds}`);
  return readFile(await makeClip(directory, name, [...tone, "-ac", "2"]));
}

/** The number in blocks over the upper half, something that moves below. */
function numberedPictures(seconds: number, size: string): string {
  const source = `r=${FRAME_RATE.text}:d=${seconds}`;
  const [width = 0, height = 0] = size.split("x").map(Number);
  // Painted small and then enlarged: an expression per pixel is slow.
  const blocks = [
    `nullsrc=s=${NUMBER_BITS}x1:${source},format=yuv420p`,
    "geq=lum='16+219*mod(floor(N/pow(2,X)),2)':cb=128:cr=128",
    `scale=${width}:${height / 2}:flags=neighbor`,
  ].join(",");
  return `testsrc2=s=${size}:${source}[below];${blocks}[above];[below][above]overlay,format=yuv420p`;
}

function subtitles(words: string): string {
  const at = (seconds: number): string => `00:00:${String(seconds).padStart(2, "0")},000`;
  return `1\n${at(WORDS_AT.fromSeconds)} --> ${at(WORDS_AT.toSeconds)}\n${words}\n`;
}
