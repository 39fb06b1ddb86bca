import { describe, expect, it } from "vitest";
import type { RenditionFormat } from "../../../../../worker/domain/job-spec.ts";
import { parseOutputFormat, parseVariantFormat } from "../../../../../worker/domain/format/output-format.ts";
import { DEFAULT_VARIANTS } from "../../../../../worker/domain/format/output-presets.ts";
import { seededRandom } from "../../../../support/random.ts";

class Refused extends Error {}
const refuse = (rule: string): never => {
  throw new Refused(rule);
};

/** A rendition in one line: `1280x720 24000/1001fps 2000k | 128k 44100hz 2`. */
function summary({ video, audio }: RenditionFormat): string {
  const side = (px: number | null) => px ?? "auto";
  const rate =
    video?.rate.mode === "quality"
      ? `q${video.rate.quality} max ${video.rate.maxrateBps === null ? "none" : `${video.rate.maxrateBps / 1000}k`}`
      : `${(video?.rate.bitrateBps ?? 0) / 1000}k${video?.rate.passes === 2 ? " in 2 passes" : ""}`;
  const fps = video?.frameRate ? `${video.frameRate.num}/${video.frameRate.den}fps ` : "";
  const picture =
    video && `${side(video.resolution.widthPx)}x${side(video.resolution.heightPx)} ${fps}${rate}`;
  const sound = audio && `${audio.bitrateBps / 1000}k ${audio.sampleRateHz}hz ${audio.channels}`;
  return `${picture ?? "none"} | ${sound ?? "none"}`;
}

const parse = (text: string) => {
  const format = parseOutputFormat(text, refuse);
  return format.type === "video" ? summary(format.rendition) : format;
};

const SOUND = "128k 44100hz 2";

describe("parseOutputFormat", () => {
  it.each([
    ["mp4", `autoxauto 1000k | ${SOUND}`],
    ["mp4:", `autoxauto 1000k | ${SOUND}`],
    ["mp4:240p", `autox240 500k | ${SOUND}`],
    ["mp4:360p", `autox360 800k | ${SOUND}`],
    ["mp4:480p", `autox480 1000k | ${SOUND}`],
    ["mp4:540p", `autox540 1000k | ${SOUND}`],
    ["mp4:576p", `autox576 1000k | ${SOUND}`],
    ["mp4:720p", `1280x720 2000k | ${SOUND}`],
    ["mp4:1080p", `1920x1080 4000k | ${SOUND}`],
    ["mp4:2160p", `3840x2160 8000k | ${SOUND}`],
    ["MP4:720P", `1280x720 2000k | ${SOUND}`],
    ["mp4:x1024", `autox1024 1000k | ${SOUND}`],
    ["mp4:1024x", `1024xauto 1000k | ${SOUND}`],
    ["mp4:0x240", `autox240 1000k | ${SOUND}`],
    ["mp4:600x0", `600xauto 1000k | ${SOUND}`],
    ["mp4:0x0", `autoxauto 1000k | ${SOUND}`],
    ["mp4:1280x720", `1280x720 1000k | ${SOUND}`],
    ["mp4:720p_2500k", `1280x720 2500k | ${SOUND}`],
    ["mp4:2500k_720p", `1280x720 2500k | ${SOUND}`],
    ["mp4:h264_25fps_600x_1500K", `600xauto 25/1fps 1500k | ${SOUND}`],
    ["mp4:720p_1500k_h264_29.97fps", `1280x720 30000/1001fps 1500k | ${SOUND}`],
    ["mp4:23.98fps", `autoxauto 24000/1001fps 1000k | ${SOUND}`],
    ["mp4:720p_0fps", `1280x720 2000k | ${SOUND}`],
    ["mp4:720p:64k", "1280x720 2000k | 64k 44100hz 2"],
    ["mp4:720p:aac_64k_22050hz_mono", "1280x720 2000k | 64k 22050hz 1"],
    ["mp4:720p:mono_22050hz_aac_64k", "1280x720 2000k | 64k 22050hz 1"],
    ["mp4::48000hz_stereo", "autoxauto 1000k | 128k 48000hz 2"],
    ["mp4:x:64k", "none | 64k 44100hz 2"],
    ["mp4:novideo", `none | ${SOUND}`],
    ["mp4:720p:x", "1280x720 2000k | none"],
    ["mp4:720p:noaudio", "1280x720 2000k | none"],
    ["mp4:::quality=4", `autoxauto q4 max none | ${SOUND}`],
    ["mp4:480p::quality=3,maxrate=1500k", `autox480 q3 max 1500k | ${SOUND}`],
    ["mp4:480p::quality=4,maxrate=1500K", `autox480 q4 max 1500k | ${SOUND}`],
    ["mp4:480p::maxrate=1500k_quality=3", `autox480 q3 max 1500k | ${SOUND}`],
    ["mp4:480p::quality=3,pix_fmt=yuv420p", `autox480 q3 max none | ${SOUND}`],
    ["mp4:480p_9000k::quality=3", `autox480 q3 max none | ${SOUND}`],
    ["mp4:720p::2pass", `1280x720 2000k in 2 passes | ${SOUND}`],
    ["mp4:720p_1500k::pix_fmt=yuv420p_2pass", `1280x720 1500k in 2 passes | ${SOUND}`],
    ["mp4:x1024::quality=3", `autox1024 q3 max none | ${SOUND}`],
  ])("reads %s as %s", (text, expected) => {
    expect(parse(text)).toBe(expected);
  });

  it.each([
    ["jpg", "jpg", null, null],
    ["jpeg:300x", "jpg", 300, null],
    ["jpg:480x", "jpg", 480, null],
    ["jpg:x480", "jpg", null, 480],
    ["jpg:540p", "jpg", null, 540],
    ["jpg:720p", "jpg", 1280, 720],
    ["png:320x240", "png", 320, 240],
    ["png:x", "png", null, null],
  ])("reads image format %s", (text, container, widthPx, heightPx) => {
    expect(parse(text)).toEqual({ type: "image", container, resolution: { widthPx, heightPx } });
  });

  it("reads httpstream", () => {
    expect(parse("httpstream")).toEqual({ type: "httpstream" });
  });

  it.each([
    ["", "does not begin with a known container"],
    ["mp5:720p", "does not begin with a known container"],
    ["constructor", "does not begin with a known container"],
    ["httpstream:720p", "must be just httpstream"],
    ...["webm", "mpegts", "mov", "ogg", "aac", "mp3", "wav", "webp", "gif", "webp_anim", "avi", "mkv"].map(
      (name): [string, string] => [`${name}:480p`, `uses container '${name}', which is not supported yet`],
    ),
    ["mp4:hevc_720p", "uses video codec 'hevc', which is not supported yet"],
    ["mp4:hevc_1080p", "uses video codec 'hevc', which is not supported yet"],
    ["mp4:copy", "uses video codec 'copy', which is not supported yet"],
    ["mp4:720p:mp3_64k", "uses audio codec 'mp3', which is not supported yet"],
    ["mp4:720p:multi", "asks for channels 'multi', which is not supported yet"],
    ["mp4:720p:::2pass", "more parts"],
    ["mp4:720p::2pass=1", "has an unknown option '2pass=1'"],
    ["mp4:720p::2pass,2pass", "has option '2pass' twice"],
    ["mp4:720p::2pass,quality=4", "sets 2pass, which steers towards a bitrate"],
    ["mp4:x::2pass", "sets 2pass without video"],
    ["mp4:720p::frag", "uses option 'frag', which is not supported yet"],
    ["mp4:720p::quality=4_vprofile=high", "uses option 'vprofile=high', which is not supported yet"],
    ["mp4:720p::level=40", "uses option 'level=40', which is not supported yet"],
    ["mp4:720p::pix_fmt=yuv422p", "uses option 'pix_fmt=yuv422p', which is not supported yet"],
    ["mp4:720p::crf=20", "has an unknown option 'crf=20'"],
    ["mp4:720p:quality=4", "has an unknown audio part 'quality=4'"],
    ["mp4:720i", "has an unknown video part '720i'"],
    ["mp4:4k", "has video bitrate '4k', which must be from 10k"],
    ["mp4:2m", "has an unknown video part '2m'"],
    ["mp4:h265", "has an unknown video part 'h265'"],
    ["mp4:constructor", "has an unknown video part 'constructor'"],
    ["mp4:720p_", "has an unknown video part ''"],
    ["mp4:720p_480p", "has two values for the video resolution"],
    ["mp4:x_1000k", "has an unknown video part 'x'"],
    ["mp4:720p_24fps", "has frame rate '24fps', which must be one of"],
    ["mp4:720p_200000k", "has video bitrate '200000k', which must be from 10k to 199999k"],
    ["mp4:720p_0k", "has video bitrate '0k'"],
    ["mp4:720p:513k", "has audio bitrate '513k', which must be from 8k to 512k"],
    ["mp4:720p:22000hz", "has sample rate '22000hz'"],
    ["mp4:720p:64k_96k", "has two values for the audio bitrate"],
    ["mp4:720p:surround", "has an unknown audio part 'surround'"],
    ["mp4:x:x", "has neither video nor audio"],
    ["mp4:novideo:noaudio", "has neither video nor audio"],
    ["mp4:x::quality=3", "sets a quality without video"],
    ["mp4:720p::quality=6", "has quality '6', which must be from 1 to 5"],
    ["mp4:720p::quality", "has quality '', which must be from 1 to 5"],
    ["mp4:720p::quality=1,quality=5", "has option 'quality' twice"],
    ["mp4:720p::maxrate=1500k", "works only together with a quality"],
    ["mp4:720p::quality=3,maxrate=1500", "has maxrate '1500'"],
    ["mp4:8x8", "has a side of 8 pixels"],
    ["mp4:99999x", "has a side of 99999 pixels"],
    ["jpg:600", "has an unknown resolution '600'"],
    ["jpg:144p", "has an unknown resolution '144p'"],
    ["jpg:600x:64k", "has more parts than an image format"],
  ])("refuses %s: %s", (text, rule) => {
    expect(() => parseOutputFormat(text, refuse)).toThrow(new RegExp(rule.replaceAll(/[.()]/g, "\\$&")));
  });

  it("never fails with anything but a refusal, whatever the parts", () => {
    const random = seededRandom(11);
    const parts = [
      "mp4",
      "jpg",
      ":",
      ":",
      "_",
      ",",
      "=",
      "720p",
      "x",
      "0x",
      "k",
      "1k",
      "fps",
      "hz",
      "quality",
      "4",
      "é",
      "__proto__",
    ];
    const crashes: string[] = [];
    for (let round = 0; round < 4000; round++) {
      const text = Array.from({ length: 1 + random.below(10) }, () => random.pick(parts)).join("");
      try {
        parseOutputFormat(text, refuse);
      } catch (error) {
        crashes.push(...(error instanceof Refused ? [] : [text]));
      }
    }
    expect(crashes).toEqual([]);
  });
});

describe("parseVariantFormat", () => {
  it("reads the default ladder, with presets that fix only the height", () => {
    expect(DEFAULT_VARIANTS.map((variant) => summary(parseVariantFormat(variant, refuse)))).toEqual([
      "none | 64k 44100hz 2",
      `autox240 q4 max 400k | ${SOUND}`,
      `autox360 q4 max 1000k | ${SOUND}`,
      `autox480 q4 max 1500k | ${SOUND}`,
      `autox720 q4 max 2000k | ${SOUND}`,
      `autox1080 q4 max 4000k | ${SOUND}`,
      `autox2160 q4 max 8000k | ${SOUND}`,
    ]);
  });

  it("keeps a width and a height that are spelt out", () => {
    expect(summary(parseVariantFormat("mp4:1280x720", refuse))).toBe(`1280x720 1000k | ${SOUND}`);
  });

  it("refuses other containers than mp4", () => {
    expect(() => parseVariantFormat("jpg:320x", refuse)).toThrow("must be an mp4 format");
  });
});
