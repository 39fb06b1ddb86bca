/**
 * A WebVTT file -> its cues alone. FFmpeg ends at the first block that is none, such as a style sheet, and takes what came
 * before for the whole file.
 */

const TIMING =
  /^[ \t]*(?:\d+:)?\d{1,2}:\d{1,2}\.\d{1,3}[ \t]+-->[ \t]+(?:\d+:)?\d{1,2}:\d{1,2}\.\d{1,3}(?:[ \t].*)?$/;

/** `text` is of a file that begins with `WEBVTT`. Names of cues go as well. */
export function readableWebvtt(text: string): string {
  const blocks = text.replace(/\r\n?/g, "\n").split(/\n{2,}/);
  const cues = blocks.flatMap((block): string[] => {
    const lines = block.split("\n");
    // A cue's name, where it has one, is the line above.
    const at = lines.slice(0, 2).findIndex((line) => TIMING.test(line));
    return at === -1 ? [] : [lines.slice(at).join("\n").trimStart()];
  });
  return `${["WEBVTT", ...cues].join("\n\n")}\n`;
}
