import { describe, expect, it } from "vitest";
import { webvttCueText } from "../../../../../encoder/ffmpeg/subtitle/webvtt-cue-text.ts";
import { parseWebvtt } from "../../../../support/parse-webvtt.ts";

const textOf = (text: string) => webvttCueText(`name\n\n${text}`)?.text;
const settingsOf = (settings: string) => webvttCueText(`\n${settings}\ntext`)?.settings;

describe("webvttCueText", () => {
  it("keeps valid text as it is", () => {
    const text =
      "<v.loud Bob &amp; Co>Hi</v>\n<c.a.b-1>x</c> <ruby>a<rt>b</rt></ruby> <lang en-GB>y</lang> &lrm;&nbsp;";
    expect(textOf(text)).toBe(text);
  });

  it.each([
    ["<i>a", "<i>a</i>"],
    ["<i><b>a</i>b", "<i><b>a</b></i>b"],
    ["a</i></b>", "a"],
    ["<rt>a</rt>", "a"],
    ["<v>a</v>", "a"],
    ["<script src=x>a</script>", "a"],
    ["<c.ok.b$d>a</c>", "<c.ok>a</c>"],
    ["<i onload=x>a</i>", "<i>a</i>"],
    ["<v a\nb <c &x>y</v>", "<v a b &lt;c &amp;x>y</v>"],
    ["a <00:01.000>b", "a b"],
    ["a < b", "a"],
    ["a > b --> c & &x; &copy; &#233;&#x3C;&#0;", "a &gt; b --&gt; c &amp; &amp;x; &amp;copy; é&lt;&amp;#0;"],
    ["a\n\nb\n", "a\n\u00a0\nb"],
    ["a\u0000\u0007\rb", "a\nb"],
  ])("makes %j valid as %j", (text, expected) => {
    expect(textOf(text)).toBe(expected);
  });

  it.each(["", " \n ", "<i></i>", "&nbsp;", "<v Bob>"])("has nothing to show of %j", (text) => {
    expect(webvttCueText(`\n\n${text}`)).toBeNull();
  });

  it.each([
    [
      "line:0 position:10%,line-left size:35.5% align:start",
      "line:0 position:10%,line-left size:35.5% align:start",
    ],
    ["vertical:rl line:-1,end", "vertical:rl line:-1,end"],
    ["region:a line:101% position:5 size:x align:middle bad -->", ""],
    ["line:1 line:2", "line:2"],
    ["constructor:1 __proto__:2", ""],
  ])("keeps of the settings %j what is valid: %j", (settings, expected) => {
    expect(settingsOf(settings)).toBe(expected);
  });

  it("makes something valid of anything", () => {
    const pieces = [
      "<",
      ">",
      "&",
      ";",
      "/",
      "i",
      "v ",
      "ruby",
      "rt",
      ".",
      "\n",
      "a",
      "#x3c",
      "-->",
      "\u0000",
      "c.x",
    ];
    let seed = 1;
    const next = () => (seed = (seed * 48_271) % 2_147_483_647);
    for (let round = 0; round < 2_000; round += 1) {
      const text = Array.from({ length: 14 }, () => pieces[next() % pieces.length]).join("");
      const cue = webvttCueText(`\n\n${text}`);
      const file = `WEBVTT\n\n00:00.000 --> 00:01.000\n${cue?.text ?? "-"}\n`;
      expect(() => parseWebvtt(file)).not.toThrow();
    }
  });

  it.each([
    ["spaces", `${" ".repeat(1_000_000)}x`],
    ["dashes in a tag", `<v ${"-".repeat(1_000_000)}x>a</v>`],
    ["nested tags", `${"<i>".repeat(300_000)}${"</b>".repeat(100_000)}x`],
    ["tags that never end", "<".repeat(1_000_000)],
    ["ampersands", `${"&".repeat(200_000)}x`],
    ["empty lines", `a${"\n".repeat(1_000_000)}b`],
  ])("reads a million %s in no time", (_, text) => {
    const startedAt = performance.now();
    webvttCueText(`\n\n${text}`);
    expect(performance.now() - startedAt).toBeLessThan(3_000);
  });
});
