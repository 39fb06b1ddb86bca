import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { SubtitleTask } from "../../../../encoder/contract/task.ts";
import { locateFfmpeg } from "../../../../encoder/run/locate-ffmpeg.ts";
import { performTask } from "../../../../encoder/run/perform-task.ts";
import { createPublicDialer } from "../../../../encoder/source/public-dialer.ts";
import { createS3Store } from "../../../../encoder/storage/s3-store.ts";
import { aSubtitleTask } from "../../../support/encoder-tasks.ts";
import { serveBytes } from "../../../support/local-server.ts";
import { lavfi, makeClip, makeTestDirectory } from "../../../support/make-clip.ts";
import { type ParsedWebvtt, parseWebvtt } from "../../../support/parse-webvtt.ts";
import { type S3Sink, startS3Sink } from "../../../support/s3-sink.ts";
import { A_JOB, failureOf, never, type RigOptions } from "../../../support/source-rig.ts";
import { sourceTest } from "../../../support/source-test.ts";

const tools = await locateFfmpeg();
const { serve, rigFor, cleanup } = sourceTest();

let directory: Awaited<ReturnType<typeof makeTestDirectory>>;
beforeAll(async () => {
  directory = await makeTestDirectory();
});
afterAll(() => directory.remove());

let sink: S3Sink;
beforeEach(async () => {
  sink = await startS3Sink();
});
afterEach(() => sink.close());

const dialer = createPublicDialer({ allowPrivateNetwork: true });
afterAll(() => dialer.destroy());
const objects = createS3Store({ publicDispatcher: dialer, ownDispatcher: dialer, budgetMs: 5_000 });

type Made = {
  cueCount: number;
  plain: ParsedWebvtt;
  transport: ParsedWebvtt;
  contentType: string | undefined;
};

/** Runs the task on what a server gives, for one target of each kind, and reads the results back strictly. */
async function makeFrom(
  bytes: Uint8Array | string,
  changes: Partial<Pick<SubtitleTask, "streamIndex" | "span">> = {},
): Promise<Made> {
  const body = Buffer.from(bytes);
  const server = await serve((request, response) => serveBytes(request, response, body));
  const result = await run(server.origin, changes);
  const read = (key: string) => parseWebvtt(sink.objects.get(key)?.bytes.toString("utf8") ?? "");
  return {
    cueCount: result.kind === "subtitle" ? result.cueCount : -1,
    plain: read("dash/text/en-1/subtitles.vtt"),
    transport: read("hls/text/en-1/subtitles.vtt"),
    contentType: sink.objects.get("dash/text/en-1/subtitles.vtt")?.headers["content-type"],
  };
}

async function run(url: string, changes: Partial<SubtitleTask> = {}, rigOptions: RigOptions = {}) {
  const { cache, scratch } = await rigFor(rigOptions);
  const own = await mkdtemp(path.join(directory.path, "attempt-"));
  cleanup(() => rm(own, { recursive: true, force: true }));
  const targets = [
    { object: { store: sink.store, key: "hls/text/en-1/subtitles.vtt" }, isTransport: true },
    { object: { store: sink.store, key: "dash/text/en-1/subtitles.vtt" }, isTransport: false },
  ];
  return performTask(aSubtitleTask({ jobId: A_JOB, source: { url }, targets, ...changes }), {
    services: { tools, sources: cache, objects, scratch, sourceMaxSeconds: 86_400 },
    directory: own,
    signal: never,
    expectBytes: () => undefined,
    onProgress: () => undefined,
  });
}

const srt = (...cues: [from: string, to: string, text: string][]): string =>
  cues.map(([from, to, text], index) => `${index + 1}\n${from} --> ${to}\n${text}\n`).join("\n");

/** `events` from their starts on. */
const ass = (...events: string[]): string =>
  [
    "[Script Info]",
    "ScriptType: v4.00+",
    "[V4+ Styles]",
    "Format: Name, Fontname, Fontsize",
    "Style: Default,Arial,16",
    "[Events]",
    "Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text",
    ...events.map((event) => `Dialogue: 0,${event}`),
    "",
  ].join("\n");

const TWO_CUES = srt(
  ["00:00:01,234", "00:00:02,567", "Hello"],
  ["00:00:03,000", "00:00:04,001", "Two\nlines"],
);
const TWO_PARSED = [
  { startSeconds: 1.234, endSeconds: 2.567, settings: "", text: "Hello" },
  { startSeconds: 3, endSeconds: 4.001, settings: "", text: "Two\nlines" },
];

/** A picture of 8 s, sound, and this text as track 2. `args` are of the output. */
async function aVideoWith(content: string, name: string, ...args: string[]): Promise<Buffer> {
  const text = path.join(directory.path, `${name}.txt`);
  await writeFile(text, content);
  const media = [...lavfi("testsrc2=s=64x64:r=25:d=8"), ...lavfi("sine=d=8"), "-i", text];
  const maps = ["-map", "0:v", "-map", "1:a", "-map", "2:s"];
  const codecs = ["-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac"];
  return readFile(await makeClip(directory.path, name, [...media, ...maps, ...codecs, ...args]));
}

const TRACK = { streamIndex: 2 };

describe("makeSubtitles", () => {
  describe("of a track of the source", () => {
    it.each([
      ["SubRip in Matroska", "srt.mkv", ["-c:s", "srt"]],
      ["WebVTT in Matroska", "vtt.mkv", ["-c:s", "webvtt"]],
      ["timed text in MP4", "text.mp4", ["-c:s", "mov_text"]],
    ])("reads %s to the millisecond", async (_, name, args) => {
      const { plain, cueCount } = await makeFrom(await aVideoWith(TWO_CUES, name, ...args), TRACK);
      expect(plain).toEqual({ headers: [], cues: TWO_PARSED });
      expect(cueCount).toBe(2);
    });

    it("reads ASS in Matroska: codes become tags and places, drawings and comments go", async () => {
      const events = [
        "0:00:01.00,0:00:02.00,Default,,0,0,0,,{\\an8\\bord2}At {aside}the {\\i1}top{\\i0}\\Nand {\\b700}bold",
        "0:00:01.00,0:00:02.00,Default,,0,0,0,,{\\p1}m 0 0 l 100 0 100 100{\\p0}",
        "0:00:03.00,0:00:04.00,Default,,0,0,0,,a\\N\\Nb <b> & -->",
        "0:00:03.00,0:00:04.00,Default,,0,0,0,,a\\N\\Nb <b> & -->",
      ];
      const text = ass(...events);
      const { plain } = await makeFrom(await aVideoWith(text, "ass.mkv", "-c:s", "copy"), TRACK);
      const top = { startSeconds: 1, endSeconds: 2, settings: "line:0" };
      expect(plain.cues).toEqual([
        { ...top, text: "At the <i>top</i>\nand <b>bold</b>" },
        { startSeconds: 3, endSeconds: 4, settings: "", text: "a\n\u00a0\nb &lt;b&gt; &amp; --&gt;" },
      ]);
      expect((await makeFrom(text)).plain).toEqual(plain);
    });

    it("counts from the first picture of a source that starts at 5 s", async () => {
      const late = await aVideoWith(TWO_CUES, "late.mkv", "-c:s", "srt", "-output_ts_offset", "5");
      expect((await makeFrom(late, TRACK)).plain.cues).toEqual(TWO_PARSED);
    });

    it("counts from the picture where the sound's priming comes before it", async () => {
      const text = path.join(directory.path, "primed.srt");
      await writeFile(text, TWO_CUES);
      const clip = await makeClip(directory.path, "primed.mkv", [
        ...["-itsoffset", "0.08", ...lavfi("testsrc2=s=64x64:r=25:d=8"), ...lavfi("sine=d=8")],
        ...["-itsoffset", "0.08", "-i", text, "-map", "0:v", "-map", "1:a", "-map", "2:s"],
        ...["-c:v", "libx264", "-preset", "ultrafast", "-c:a", "pcm_s16le", "-c:s", "srt"],
      ]);
      expect((await makeFrom(await readFile(clip), TRACK)).plain.cues).toEqual(TWO_PARSED);
    });

    it("makes a file without cues of a track without text", async () => {
      const empty = await aVideoWith("WEBVTT\n\n", "empty.mkv", "-c:s", "srt");
      expect(await makeFrom(empty, TRACK)).toMatchObject({ cueCount: 0, plain: { headers: [], cues: [] } });
    });

    it("refuses a track that is no text", async () => {
      const bytes = await aVideoWith(TWO_CUES, "other.mkv", "-c:s", "srt");
      expect(await failureOf(makeFrom(bytes, { streamIndex: 1 }))).toEqual({
        code: "subtitles_not_readable",
        streamIndex: 1,
      });
    });

    it("leaves a failure to fetch the source as one of the source", async () => {
      const server = await serve((_, response) => response.writeHead(404).end());
      expect(await failureOf(run(server.origin, TRACK))).toEqual({
        code: "source_not_found",
        httpStatus: 404,
      });
    });
  });

  describe("of a file of its own", () => {
    const ACCENTS = srt(["00:00:01,000", "00:00:02,000", "Ça coûte 5\u00a0€ – déjà\u00a0!"]);
    const bigEndian = (text: string) => Buffer.from(text, "utf16le").swap16();

    it.each([
      ["UTF-8", Buffer.from(ACCENTS)],
      ["UTF-8 with a mark", Buffer.from(`\ufeff${ACCENTS}`)],
      ["UTF-16LE with a mark", Buffer.from(`\ufeff${ACCENTS}`, "utf16le")],
      ["UTF-16BE with a mark", bigEndian(`\ufeff${ACCENTS}`)],
      ["UTF-16LE without a mark", Buffer.from(ACCENTS, "utf16le")],
      ["UTF-16BE without a mark", bigEndian(ACCENTS)],
      ["CRLF and blank lines before", Buffer.from(`\r\n\r\n${ACCENTS.replaceAll("\n", "\r\n")}`)],
    ])("reads %s", async (_, bytes) => {
      const { plain } = await makeFrom(bytes);
      expect(plain.cues.map(({ text }) => text)).toEqual(["Ça coûte 5\u00a0€ – déjà\u00a0!"]);
    });

    it("reads what is no UTF-8 as Latin-1 with Windows' additions", async () => {
      const text = srt(["00:00:01,000", "00:00:02,000", "d\u00e9j\u00e0 5 \u0080 \u0096 x"]);
      const { plain } = await makeFrom(Buffer.from(text, "latin1"));
      expect(plain.cues[0]?.text).toBe("déjà 5 € – x");
    });

    it("keeps who speaks and where the text stands in WebVTT, and drops what leads outside of a cue", async () => {
      const vtt = [
        "WEBVTT - a title",
        "",
        "STYLE\n::cue { color: lime }",
        "",
        "NOTE a remark",
        "",
        "one",
        "00:01.000 --> 01:00:02.000 line:0 align:left region:fred bad:1",
        "<v.loud Bob>R&amp;B &eacute; <00:01.500><i.x>&lt;3</v> </b><blink>5 < 6",
        "",
        "00:02.000 --> 00:03.000",
        "  ",
        "",
      ].join("\n");
      const expected = {
        ...{ startSeconds: 1, endSeconds: 3602, settings: "line:0 align:left" },
        text: "<v.loud Bob>R&amp;B &amp;eacute; <i.x>&lt;3</i></v> 5",
      };
      expect((await makeFrom(vtt)).plain.cues).toEqual([expected]);
      // FFmpeg's own reader ends at a style sheet.
      const plainVtt = vtt.replace(/STYLE\n.*\n\n/, "");
      const clip = await aVideoWith(plainVtt, "kept.mkv", "-c:s", "copy");
      expect((await makeFrom(clip, TRACK)).plain.cues).toEqual([expected]);
    });

    it("counts its times from the first picture, even when the first text comes late", async () => {
      const late = srt(["00:00:30,500", "00:00:31,000", "late"]);
      expect((await makeFrom(late)).plain.cues).toMatchObject([{ startSeconds: 30.5, endSeconds: 31 }]);
    });

    it("refuses what is no file of subtitles, whatever it leads to", async () => {
      const clip = await aVideoWith(TWO_CUES, "disguised.mkv", "-c:s", "srt");
      const files: [string, string | Buffer][] = [
        ["an empty file", ""],
        ["HTML", "<!doctype html><title>404</title>"],
        ["a playlist", "#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n"],
        ["a list of files", "ffconcat version 1.0\nfile '/etc/passwd'\n"],
        ["MicroDVD", "{0}{25}Hello\n{25}{50}you\n"],
        ["a video", clip],
      ];
      for (const [name, bytes] of files) {
        expect([name, await failureOf(makeFrom(bytes))]).toEqual([name, { code: "subtitles_not_readable" }]);
      }
    });

    it("takes no more than 8 MiB", async () => {
      const large = TWO_CUES + " ".repeat(8 * 1024 ** 2);
      const failure = { code: "subtitles_too_large", limit: "8 MiB" };
      expect(await failureOf(makeFrom(large))).toEqual(failure);
    });

    it("says that the subtitles, and not the input, cannot be fetched", async () => {
      const server = await serve((_, response) => response.writeHead(403).end());
      expect(await failureOf(run(server.origin))).toEqual({ code: "subtitles_unreachable", httpStatus: 403 });
      const dispatcher = createPublicDialer({ allowPrivateNetwork: false });
      expect(await failureOf(run(server.origin, {}, { dispatcher }))).toEqual({
        code: "subtitles_address_forbidden",
      });
    });
  });

  describe("the files", () => {
    it("are the same but for the zero of the transport stream", async () => {
      const { plain, transport, contentType } = await makeFrom(TWO_CUES);
      expect(plain.headers).toEqual([]);
      expect(transport.headers).toEqual(["X-TIMESTAMP-MAP=MPEGTS:900000,LOCAL:00:00:00.000"]);
      expect(transport.cues).toEqual(plain.cues);
      expect(contentType).toBe("text/vtt; charset=utf-8");
    });

    it("hold the cues of the span on its own clock, those at its edges cut", async () => {
      const text = srt(
        ["00:00:00,000", "00:00:02,000", "before"],
        ["00:00:01,500", "00:00:02,500", "into"],
        ["00:00:03,000", "00:00:03,250", "inside"],
        ["00:00:04,900", "00:00:09,000", "out"],
        ["00:00:05,000", "00:00:06,000", "after"],
      );
      const span = { startSeconds: 2, durationSeconds: 3 };
      const cues = [
        { startSeconds: 0, endSeconds: 0.5, settings: "", text: "into" },
        { startSeconds: 1, endSeconds: 1.25, settings: "", text: "inside" },
        { startSeconds: 2.9, endSeconds: 3, settings: "", text: "out" },
      ];
      expect((await makeFrom(text, { span })).plain.cues).toEqual(cues);
      const clip = await aVideoWith(text, "span.mkv", "-c:s", "srt", "-output_ts_offset", "5");
      expect((await makeFrom(clip, { ...TRACK, span })).plain.cues).toEqual(cues);
    });
  });

  describe("with hostile text", () => {
    it("is valid, and shows what a reader would", async () => {
      const { plain } = await makeFrom(
        srt(
          ["00:00:01,000", "00:00:02,000", "00:00:05,000 --> x <script>alert(1)</script> & &amp; <b"],
          ["00:00:03,000", "00:00:02,000", "backwards"],
          ["00:00:04,000", "00:00:04,000", "no time at all"],
          ["00:00:05,000", "99:00:00,000", "for ever \0\u0007\u001b[31m\u2028 more"],
          ["00:00:02,000", "00:00:03,000", "<i>out <b>of</i> order</b> {\\b1"],
          ["00:00:06,000", "00:00:07,000", "{\\i1}{\\i0} "],
        ),
      );
      expect(plain.cues.find(({ startSeconds }) => startSeconds === 1)?.text).toMatch(
        /^00:00:05,000 --&gt; x .*alert\(1\).* &amp; /,
      );
      expect(plain.cues.find(({ startSeconds }) => startSeconds === 5)).toMatchObject({
        endSeconds: 99 * 3600,
        text: "for ever [31m\nmore",
      });
      expect(plain.cues.map(({ text }) => text)).not.toContain("");
    });

    it("leaves every cue in its place when one lies days before the picture", async () => {
      const text = srt(
        ["-99999:00:00,000", "00:00:03,000", "days before"],
        ["-50:00:00,000", "-49:59:59,000", "before"],
        ["00:00:04,000", "00:00:05,000", "in its place"],
      );
      expect((await makeFrom(text)).plain.cues).toEqual([
        { startSeconds: 4, endSeconds: 5, settings: "", text: "in its place" },
      ]);
    });

    it("of a hundred thousand cues is a file of as many", async () => {
      const cues = Array.from({ length: 100_000 }, (_, index): [string, string, string] => {
        const clock = new Date(index * 10).toISOString().slice(11, 23).replace(".", ",");
        return [clock, "23:00:00,000", `${index}`];
      });
      const { plain, cueCount } = await makeFrom(srt(...cues));
      expect([cueCount, plain.cues.length]).toEqual([100_000, 100_000]);
      expect(plain.cues.at(-1)).toMatchObject({ startSeconds: 999.99, text: "99999" });
    });

    it("is refused when a track holds more of it than any film", async () => {
      const events = Array.from(
        { length: 180 },
        (_, index) => `0:00:0${index % 8}.00,0:00:09.00,Default,,0,0,0,,${index}${"x".repeat(200_000)}`,
      );
      const bytes = await aVideoWith(ass(...events), "huge.mkv", "-c:s", "copy");
      expect(await failureOf(makeFrom(bytes, TRACK))).toEqual({
        code: "subtitles_too_large",
        limit: "32 MiB",
      });
    });
  });
});
