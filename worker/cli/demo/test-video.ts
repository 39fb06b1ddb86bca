/** The demo's own video: a test picture, a running clock and a tone, made by FFmpeg. */
import { existsSync } from "node:fs";
import { dirname } from "node:path";
import type { FfmpegTools } from "../../../encoder/run/ffmpeg.ts";
import { runProcess } from "../../../encoder/run/run-process.ts";
import { CliError } from "../cli-error.ts";

export const TEST_VIDEO = { widthPx: 1280, heightPx: 720, durationSeconds: 20 } as const;

/** On the slowest machine this is for, twenty seconds of 720p take about ten. */
const WALL_LIMIT_MS = 120_000;

/** Where Debian, Fedora, Alpine and macOS keep a font with digits of equal width. */
const FONT_PATHS = [
  "/usr/share/fonts/truetype/dejavu/DejaVuSansMono-Bold.ttf",
  "/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf",
  "/usr/share/fonts/truetype/liberation/LiberationMono-Bold.ttf",
  "/usr/share/fonts/dejavu-sans-mono-fonts/DejaVuSansMono-Bold.ttf",
  "/usr/share/fonts/dejavu/DejaVuSansMono-Bold.ttf",
  "/System/Library/Fonts/Monaco.ttf",
];

/** Writes the video. @throws CliError with FFmpeg's own words when that fails. */
export async function makeTestVideo(path: string, tools: FfmpegTools): Promise<void> {
  const end = await runProcess({
    file: tools.ffmpegPath,
    args: testVideoArgs(path, FONT_PATHS.find((font) => existsSync(font)) ?? null),
    directory: dirname(path),
    signal: new AbortController().signal,
    wallLimitMs: WALL_LIMIT_MS,
    limits: null,
  });
  if (end.exitCode !== 0) {
    throw new CliError(`FFmpeg could not make the test video:\n${end.stderrTail.trim()}`);
  }
}

/** FFmpeg's arguments. Without a font the clock is the small one that testsrc2 draws itself. */
export function testVideoArgs(path: string, fontPath: string | null): string[] {
  const { widthPx, heightPx, durationSeconds } = TEST_VIDEO;
  const picture = `testsrc2=size=${widthPx}x${heightPx}:rate=30:duration=${durationSeconds}`;
  return [
    ...["-hide_banner", "-nostdin", "-loglevel", "error", "-y"],
    ...["-f", "lavfi", "-i", fontPath === null ? picture : `${picture},${clock(fontPath)}`],
    // Quiet, with a beep each second: sound and clock can be compared by ear.
    ...[
      "-f",
      "lavfi",
      "-i",
      `sine=frequency=330:beep_factor=4:sample_rate=48000:duration=${durationSeconds}`,
    ],
    // Fast rather than small: the file only travels over loopback.
    ...["-c:v", "libx264", "-preset", "superfast", "-crf", "22", "-pix_fmt", "yuv420p"],
    ...["-c:a", "aac", "-b:a", "128k", "-ac", "2"],
    ...["-movflags", "+faststart", path],
  ];
}

/** Hours to milliseconds in the middle of the picture. The path is one of a fixed list: nothing in it needs escaping. */
function clock(fontPath: string): string {
  const box = "box=1:boxcolor=black@0.7:boxborderw=24";
  const place = "x=(w-text_w)/2:y=(h-text_h)/2";
  return `drawtext=fontfile=${fontPath}:fontsize=96:fontcolor=white:${box}:${place}:text='%{pts\\:hms}'`;
}
