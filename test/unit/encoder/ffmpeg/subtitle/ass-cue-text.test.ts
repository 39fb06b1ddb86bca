import { describe, expect, it } from "vitest";
import { assCueText } from "../../../../../encoder/ffmpeg/subtitle/ass-cue-text.ts";

const line = (text: string) => `0,0,Default,,0,0,0,,${text}`;
const cueOf = (text: string, isAss = true) => assCueText(line(text), { isAss });
const textOf = (text: string, isAss = true) => cueOf(text, isAss)?.text;

describe("assCueText", () => {
  it.each([
    [String.raw`{\i1}a{\b1}b{\i0}c`, "<i>a<b>b</b></i><b>c</b>"],
    [String.raw`{\u1}a{\r}b`, "<u>a</u>b"],
    [String.raw`{\rOther}b`, "b"],
    [String.raw`{\b700\i1}a`, "<b><i>a</i></b>"],
    [String.raw`{\b400}a{\bord3\blur2\iclip(1)\ud}b`, "ab"],
    [String.raw`{\i1}{\i0}a`, "a"],
    [String.raw`{\i1}a`, "<i>a</i>"],
  ])("makes well-nested tags of %s", (text, expected) => {
    expect(textOf(text)).toBe(expected);
  });

  it("keeps the commas of the text", () => {
    expect(textOf("a, b,, c")).toBe("a, b,, c");
  });

  it("escapes what WebVTT would take for markup", () => {
    expect(textOf("1 --> 2 <b> & &lt;")).toBe("1 --&gt; 2 &lt;b&gt; &amp; &amp;lt;");
  });

  it("reads escaped characters and breaks", () => {
    expect(textOf(String.raw`a\Nb\nc\hd \{e\} \\ \q`)).toBe("a\nb\nc\u00a0d {e} \\ \\q");
  });

  it("drops comments of ASS and keeps braces of other text", () => {
    expect(textOf("a {note} b")).toBe("a  b");
    expect(textOf("a {note} b { c } d {", false)).toBe("a {note} b { c } d {");
  });

  it("drops drawings, and a line that is nothing else", () => {
    expect(textOf(String.raw`{\p1}m 0 0 l 9 9{\p0}a`)).toBe("a");
    expect(cueOf(String.raw`{\p1}m 0 0 l 9 9`)).toBeNull();
    expect(cueOf(String.raw`{\i1} \N {\i0}`)).toBeNull();
    expect(assCueText("broken", { isAss: true })).toBeNull();
  });

  it("lets no line be empty", () => {
    expect(textOf(String.raw`\N{\i1}a\N\N \Nb\N{\i0}`)).toBe("<i>a\n\u00a0\n\u00a0\nb</i>");
  });

  it("frees the text of control characters and of other line breaks", () => {
    expect(textOf("a\u0000\u0007\u007f\ufeffb\r\nc\td\u2028e")).toBe("ab\nc d\ne");
  });

  it.each([
    [1, "align:left"],
    [2, ""],
    [3, "align:right"],
    [4, "line:50% align:left"],
    [5, "line:50%"],
    [8, "line:0"],
    [9, "line:0 align:right"],
    [0, ""],
    [12, ""],
  ])("puts text of place %i at %j", (place, settings) => {
    expect(cueOf(`{\\an${place}}a{\\an7}`)?.settings).toBe(settings);
  });

  it.each([
    ["spaces", `${" ".repeat(1_000_000)}x`],
    ["braces", "{".repeat(1_000_000)],
    ["codes", `{${String.raw`\i1\b0`.repeat(200_000)}}x`],
    ["changes of style", String.raw`{\i1}a{\b1}b{\i0}`.repeat(50_000)],
    ["breaks", `a${String.raw`\N`.repeat(500_000)}b`],
  ])("reads a million %s in no time", (_, text) => {
    const startedAt = performance.now();
    cueOf(text);
    expect(performance.now() - startedAt).toBeLessThan(3_000);
  });
});
