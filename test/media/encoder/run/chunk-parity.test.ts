/** Everything that is encoded in chunks, against the same output encoded in one piece. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { encodeBothWays, type BothWays, type Wanted } from "../../../support/both-ways.ts";
import { lookAtFile, type FileLook } from "../../../support/look-at-file.ts";
import { lavfi, makeClip, makeTestDirectory, turnClip } from "../../../support/make-clip.ts";
import { psnr } from "../../../support/numbered-clip.ts";

let directory: Awaited<ReturnType<typeof makeTestDirectory>>;
beforeAll(async () => {
  directory = await makeTestDirectory();
});
afterAll(() => directory.remove());

/** Keyframes every 35 frames: the cut after two seconds lies within a group. */
const H264 = ["-c:v", "libx264", "-preset", "ultrafast", "-crf", "6", "-g", "35", "-bf", "2"];
const AAC = ["-c:a", "aac", "-b:a", "128k"];
const moving = (rate = "25", seconds = 4, size = "160x90") =>
  lavfi(`testsrc2=s=${size}:r=${rate}:d=${seconds}`);
const tone = (seconds = 4) => lavfi(`sine=f=440:d=${seconds}`);
const filtered = (filters: string) => ["-vf", filters];
const INTERLACE = "tinterlace=interleave_top,setfield=tff";

const hdr = (transfer: string) => [
  ...moving(),
  ...filtered(
    `format=yuv420p10le,setparams=colorspace=bt2020nc:color_primaries=bt2020:color_trc=${transfer}:range=tv`,
  ),
  ...["-c:v", "libx265", "-preset", "ultrafast", "-g", "35", "-x265-params"],
  `log-level=error:crf=8:colorprim=bt2020:transfer=${transfer}:colormatrix=bt2020nc:range=limited`,
];

/** Arguments of ffmpeg by the name of the file. */
const SOURCES: Record<string, string[]> = {
  "plain.mp4": [...moving(), ...tone(), ...H264, ...AAC],
  "dark.mp4": [...moving(), ...filtered("lutyuv=y=16+val/4"), ...H264],
  "interlaced.mp4": [
    ...[...moving("50", 4, "160x96"), ...filtered(INTERLACE), ...H264],
    ...["-flags", "+ilme+ildct", "-x264-params", "tff=1"],
  ],
  "broadcast.ts": [
    ...[...moving("50", 4, "160x96"), ...tone(), ...filtered(`${INTERLACE},setsar=64/45`)],
    ...["-c:v", "mpeg2video", "-q:v", "2", "-g", "12", "-bf", "2", "-flags", "+ilme+ildct", "-c:a", "mp2"],
    ...["-output_ts_offset", "70"],
  ],
  "pq.mp4": hdr("smpte2084"),
  "hlg.mp4": hdr("arib-std-b67"),
  "full.mp4": [...moving(), ...filtered("scale=out_range=pc,format=yuvj420p"), ...H264, "-color_range", "pc"],
  "10bit.mp4": [...moving(), ...H264, "-pix_fmt", "yuv420p10le"],
  "422.mp4": [...moving(), ...H264, "-pix_fmt", "yuv422p"],
  "422-10bit.mkv": [...moving(), ...H264, "-pix_fmt", "yuv422p10le"],
  "444.mkv": [...moving(), ...H264, "-pix_fmt", "yuv444p"],
  "anamorphic.mp4": [...moving("25", 4, "144x116"), ...filtered("setsar=64/45"), ...H264],
  "odd.mkv": [...moving("25", 4, "145x97"), ...filtered("format=bgr0"), "-c:v", "ffv1", "-g", "1"],
  "variable.mp4": [
    ...[...moving("50"), ...tone(), ...filtered("select='if(lt(t,1.5),1,not(mod(n,7)))'")],
    ...["-fps_mode", "passthrough", ...H264, ...AAC],
  ],
  "film.mp4": [...moving("24000/1001"), ...tone(), ...H264, ...AAC],
  "240.mp4": [...moving("240", 3), ...tone(3), ...H264, "-g", "350", ...AAC],
  "silent.mp4": [...moving(), ...H264],
  "late-sound.mp4": [
    ...[...moving(), "-itsoffset", "1.3", ...tone(2.5), "-map", "0:v", "-map", "1:a"],
    ...[...H264, ...AAC],
  ],
  "short-sound.mp4": [...moving(), ...tone(2), ...H264, ...AAC],
  "long-sound.mkv": [...moving(), ...tone(5), ...H264, ...AAC],
  "late-picture.mkv": [...moving(), ...tone(5), ...filtered("setpts=PTS+0.6/TB"), ...H264, ...AAC],
  "titled.mp4": [
    ...[...moving(), ...tone(), ...H264, ...AAC, "-metadata", "title=Holidays"],
    ...["-metadata:s:v:0", "language=fra", "-metadata:s:a:0", "language=deu"],
  ],
  "web.webm": [
    ...[...moving(), ...tone(), "-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8"],
    ...["-g", "35", "-b:v", "2M", "-c:a", "libopus"],
  ],
  "old.avi": [
    ...[...moving(), ...tone(), "-c:v", "mpeg4", "-q:v", "2", "-g", "35", "-bf", "2"],
    ...["-c:a", "libmp3lame"],
  ],
};
const made = new Map<string, Promise<string>>();

function source(name: string): Promise<string> {
  const path = made.get(name) ?? makeClip(directory.path, name, SOURCES[name] ?? []);
  made.set(name, path);
  return path;
}

/** Likeness in decibels of every frame; lower only where a rate leaves less. */
type Check = { floorDb?: number };

async function expectAlike(both: BothWays, { floorDb = 40 }: Check = {}): Promise<FileLook> {
  const [joined, whole] = [await lookAtFile(both.joined), await lookAtFile(both.whole)];
  const likeness = joined.frames.map((frame, n) => psnr(frame, whole.frames[n] ?? NOTHING));
  const worst = likeness.indexOf(Math.min(...likeness));
  expect([joined.complaints, whole.complaints]).toEqual(["", ""]);
  expect(joined.frames.length).toBe(whole.frames.length);
  const late = joined.times.map((time, n) => Math.abs(time - (whole.times[n] ?? Number.NaN)));
  expect(Math.max(...late)).toBeLessThan(0.0011);
  expect([worst, likeness[worst]]).toEqual([worst, expect.toSatisfy((db: number) => db >= floorDb)]);
  // A frame too early or too late would be seen.
  const shifted = both.seams.map((n) => psnr(joined.frames[n] ?? NOTHING, whole.frames[n - 1] ?? NOTHING));
  expect(Math.min(...shifted)).toBeLessThan(floorDb - 3);
  expect(joined.picture).toEqual(whole.picture);
  expect([joined.rotation, whole.rotation]).toEqual([[], []]);
  expect(joined.tags).toEqual(whole.tags);
  expect(joined.sound === null).toBe(whole.sound === null);
  // Vorbis begins with 3 ms that a sound by itself cannot place before zero; a last packet of Opus may be played whole.
  expect(Math.abs((joined.sound?.start ?? 0) - (whole.sound?.start ?? 0))).toBeLessThan(0.004);
  expect(Math.abs((joined.sound?.length ?? 0) - (whole.sound?.length ?? 0))).toBeLessThan(0.02);
  expect(Math.max(joined.sound?.largestGap ?? 0, whole.sound?.largestGap ?? 0)).toBeLessThan(0.002);
  expect(Math.abs(joined.seconds - whole.seconds)).toBeLessThan(0.05);
  expectJoinable(both);
  return joined;
}

/** Neighbours decoded the same frames at their border, and have the same headers. */
function expectJoinable({ chunks }: BothWays): void {
  expect(chunks).toHaveLength(3);
  chunks.slice(1).forEach(({ seam }, number) => expect(seam.first).toBe(chunks[number]?.seam.next));
  expect(new Set(chunks.flatMap(({ parts }) => parts.map((part) => part.extradataHash))).size).toBe(1);
}

const NOTHING = Buffer.alloc(0);
const SHARP = { mode: "quality", crf: 8, maxrateBps: null } as const;

type Case = [about: string, sourceName: string, wanted: Wanted, check?: Check];

const CASES: Case[] = [
  ["fit crop", "plain.mp4", { format: "mp4:h264_120x120", picture: { fit: "crop" }, rate: SHARP }],
  ["fit pad", "plain.mp4", { format: "mp4:h264_120x120", picture: { fit: "pad" }, rate: SHARP }],
  [
    "turned and flipped",
    "plain.mp4",
    { format: "mp4:h264", picture: { transpose: 1, hflip: true, vflip: true }, rate: SHARP },
  ],
  ["deinterlaced as flagged", "interlaced.mp4", { format: "mp4:h264:x", rate: SHARP }],
  [
    "deinterlaced all over",
    "interlaced.mp4",
    { format: "mp4:h264:x", picture: { deinterlace: true }, rate: SHARP },
  ],
  ["deinterlaced to another rate", "interlaced.mp4", { format: "mp4:h264_30fps:x", rate: SHARP }],
  ["interlaced and anamorphic MPEG-2", "broadcast.ts", { format: "mp4:h264", rate: SHARP }],
  ["MPEG-2 to another rate", "broadcast.ts", { format: "mp4:h264_29.97fps", rate: SHARP }],
  ["PQ", "pq.mp4", { format: "mp4:h264", rate: SHARP }],
  ["HLG to HEVC of 10 bit", "hlg.mp4", { format: "mp4:hevc::pix_fmt=yuv420p10le", rate: SHARP }],
  ["full range", "full.mp4", { format: "mp4:h264", rate: SHARP }],
  ["10 bit", "10bit.mp4", { format: "mp4:h264", rate: SHARP }],
  ["4:2:2", "422.mp4", { format: "mp4:h264", rate: SHARP }],
  ["4:2:2 of 10 bit", "422-10bit.mkv", { format: "mp4:h264", rate: SHARP }],
  ["4:4:4", "444.mkv", { format: "mp4:h264", rate: SHARP }],
  ["anamorphic", "anamorphic.mp4", { format: "mp4:h264", rate: SHARP }],
  ["odd sizes of RGB", "odd.mkv", { format: "mp4:h264", rate: SHARP }],
  ["a variable rate that is kept", "variable.mp4", { format: "mp4:h264", rate: SHARP }],
  ["a variable rate in Matroska", "variable.mp4", { format: "mkv:hevc", rate: SHARP }],
  ["a variable rate made constant", "variable.mp4", { format: "mp4:h264_25fps", rate: SHARP }],
  ["a variable rate in WebM", "variable.mp4", { format: "webm:vp9", rate: SHARP }],
  ["23.976 frames a second", "film.mp4", { format: "mp4:h264", rate: SHARP }],
  ["23.976 to 25", "film.mp4", { format: "mp4:h264_25fps", rate: SHARP }],
  ["25 to 23.976", "plain.mp4", { format: "mp4:h264_23.98fps", rate: SHARP }],
  ["240 frames a second", "240.mp4", { format: "mp4:h264", rate: SHARP }],
  ["no sound", "silent.mp4", { format: "mp4:h264:aac", rate: SHARP }],
  ["late sound", "late-sound.mp4", { format: "mp4:h264", rate: SHARP }],
  ["late sound in Matroska", "late-sound.mp4", { format: "mkv:h264:opus", rate: SHARP }],
  ["late sound in a transport stream", "late-sound.mp4", { format: "mpegts:h264", rate: SHARP }],
  ["sound that ends early", "short-sound.mp4", { format: "mp4:h264", rate: SHARP }],
  ["sound that goes on", "long-sound.mkv", { format: "mp4:h264", rate: SHARP }],
  ["a late picture", "late-picture.mkv", { format: "mp4:h264", rate: SHARP }],
  ["a late picture of a constant rate", "late-picture.mkv", { format: "mp4:h264_30fps", rate: SHARP }],
  ["a late picture in WebM", "late-picture.mkv", { format: "webm:av1:opus", rate: SHARP }],
  ["WebM to FLV", "web.webm", { format: "flv:h264", rate: SHARP }],
  ["MPEG-4 in AVI", "old.avi", { format: "mp4:h264", rate: SHARP }],
  ["H.264 of 4:2:2", "plain.mp4", { format: "mp4:h264::pix_fmt=yuv422p", rate: SHARP }],
  ["H.264 of 10 bit", "plain.mp4", { format: "mkv:h264::pix_fmt=yuv420p10le", rate: SHARP }],
  ["H.264 baseline", "plain.mp4", { format: "mp4:h264::vprofile=baseline,level=30", rate: SHARP }],
  ["H.264 in MOV", "plain.mp4", { format: "mov:h264:pcm-s16le", rate: SHARP }],
  ["H.264 in Matroska", "plain.mp4", { format: "mkv:h264:flac", rate: SHARP }],
  ["H.264 in a transport stream", "plain.mp4", { format: "mpegts:h264:mp2", rate: SHARP }],
  ["H.264 in FLV", "film.mp4", { format: "flv:h264:mp3", rate: SHARP }],
  ["HEVC", "plain.mp4", { format: "mp4:hevc:ac3", rate: SHARP }],
  ["HEVC in MOV", "film.mp4", { format: "mov:hevc", rate: SHARP }],
  ["HEVC in Matroska", "film.mp4", { format: "mkv:hevc:vorbis", rate: SHARP }],
  ["HEVC in a transport stream", "plain.mp4", { format: "mpegts:hevc", rate: SHARP }],
  ["VP9 in WebM", "film.mp4", { format: "webm:vp9:vorbis", rate: SHARP }],
  ["VP9 of 4:4:4 in MP4", "plain.mp4", { format: "mp4:vp9:opus:pix_fmt=yuv444p", rate: SHARP }],
  ["VP9 in Matroska", "plain.mp4", { format: "mkv:vp9", rate: SHARP }],
  ["AV1 in MP4", "plain.mp4", { format: "mp4:av1", rate: SHARP }],
  ["AV1 of 10 bit in Matroska", "film.mp4", { format: "mkv:av1:aac:pix_fmt=yuv420p10le", rate: SHARP }],
  ["AV1 in WebM", "plain.mp4", { format: "webm:av1", rate: SHARP }],
  ["fragmented MP4", "film.mp4", { format: "mp4:h264::frag", rate: SHARP }],
  ["fragmented MP4 of HEVC at a variable rate", "variable.mp4", { format: "mp4:hevc::frag", rate: SHARP }],
  ["fragmented MP4 with AC-3", "plain.mp4", { format: "mp4:h264:ac3:frag", rate: SHARP }],
  ["titles and languages", "titled.mp4", { format: "mp4:h264", rate: SHARP }],
  ["titles and languages in Matroska", "titled.mp4", { format: "mkv:h264", rate: SHARP }],
  ["no titles", "titled.mp4", { format: "mp4:h264::metadata=0", rate: SHARP }],
  ["two passes", "plain.mp4", { format: "mp4:h264_900k::2pass" }],
  ["a bitrate", "plain.mp4", { format: "mp4:h264_900k" }],
  ["a bitrate of HEVC", "plain.mp4", { format: "mp4:hevc_900k" }],
  ["a bitrate of VP9", "plain.mp4", { format: "webm:vp9_900k" }],
  ["a bitrate of AV1", "plain.mp4", { format: "webm:av1_900k" }],
  ["a quality", "plain.mp4", { format: "mp4:h264::quality=5" }, { floorDb: 34 }],
  ["a quality below a ceiling", "plain.mp4", { format: "mp4:h264::quality=5,maxrate=200k" }, { floorDb: 30 }],
  [
    "a quality of HEVC below a ceiling",
    "plain.mp4",
    { format: "mp4:hevc::quality=5,maxrate=200k" },
    { floorDb: 30 },
  ],
];

describe("a rendition in chunks", () => {
  it.each(CASES)("is like one in one piece: %s", async (_about, name, wanted, check) => {
    await expectAlike(await encodeBothWays(directory.path, await source(name), wanted), check);
  });

  it.each([90, 180, 270] as const)("is like one in one piece: held at %i degrees", async (degrees) => {
    const path = await makeClip(directory.path, `held-${degrees}.mp4`, SOURCES["silent.mp4"] ?? []);
    await turnClip(path, degrees);
    const { picture } = await expectAlike(
      await encodeBothWays(directory.path, path, { format: "mp4:h264", rate: SHARP }),
    );
    expect([picture["width"], picture["height"]]).toEqual(degrees === 180 ? [160, 90] : [90, 160]);
  });

  it.each([
    ["mp4:h264", SHARP],
    ["mp4:h264_30fps", SHARP],
    ["webm:vp9_900k", undefined],
  ] as const)(
    "shows its watermark on the first and the last frame of every chunk: %s",
    async (format, rate) => {
      const white = [...lavfi("color=white:s=40x40"), "-frames:v", "1"];
      const mark = await makeClip(directory.path, "mark.png", white);
      const both = await encodeBothWays(directory.path, await source("dark.mp4"), {
        ...{ format, picture: { watermark: { source: 0, position: "topleft" } } },
        ...(rate && { rate }),
        watermarks: { urls: new Map([[0, `file:${mark}`]]), release: () => undefined },
      });
      const { frames } = await expectAlike(both);
      for (const frame of [0, ...both.seams.flatMap((seam) => [seam - 1, seam]), frames.length - 1]) {
        // 18 pixels wide and high, 8 from the left and 5 from the top.
        expect(frames[frame]?.[14 * 160 + 17]).toBeGreaterThan(220);
        expect(frames[frame]?.[14 * 160 + 40]).toBeLessThan(100);
      }
    },
  );
});
