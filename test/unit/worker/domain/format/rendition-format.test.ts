import { describe, expect, it } from "vitest";
import { audioBitrateRange } from "../../../../../encoder/contract/audio-limits.ts";
import {
  AUDIO_CODEC_FACTS,
  CONTAINERS,
  FLV_MP3_SAMPLE_RATES_HZ,
  VIDEO_CODEC_FACTS,
  type AudioCodec,
  type Container,
  type VideoCodec,
} from "../../../../../encoder/contract/formats.ts";
import { DEFAULT_VARIANTS } from "../../../../../worker/domain/format/output-presets.ts";
import { parseVariant } from "../../../../../worker/domain/format/rendition-format.ts";
import type { RenditionFormat } from "../../../../../worker/domain/job-spec.ts";
import { formatProblems, renditionOf } from "../../../../support/renditions.ts";

/** A rendition in one line: `h264 1280x720 24000/1001fps 2000k | aac 128k 44100hz 2`. */
function summary({ video, audio, isFragmented, keepsMetadata }: RenditionFormat): string {
  const marks = [...(isFragmented ? [" fragmented"] : []), ...(keepsMetadata ? [] : [" bare"])];
  return `${pictureSummary(video)} | ${soundSummary(audio)}${marks.join("")}`;
}

function pictureSummary(video: RenditionFormat["video"]): string {
  if (video === null || video.codec === "copy") {
    return video?.codec ?? "none";
  }
  const { codec, resolution, frameRate, rate, profile, level, pixelFormat } = video;
  const side = (px: number | null) => px ?? "auto";
  const bits = {
    bitrate: () =>
      rate.mode === "bitrate" ? `${rate.bitrateBps / 1000}k${rate.passes === 2 ? "x2" : ""}` : "",
    quality: () =>
      rate.mode === "quality"
        ? `q${rate.quality}${rate.maxrateBps === null ? "" : ` max ${rate.maxrateBps / 1000}k`}`
        : "",
    fixed: () => "fixed",
  }[rate.mode]();
  return [
    codec,
    `${side(resolution.widthPx)}x${side(resolution.heightPx)}`,
    ...(frameRate === null ? [] : [`${frameRate.num}/${frameRate.den}fps`]),
    bits,
    ...(profile === null ? [] : [profile]),
    ...(level === null ? [] : [`level ${level}`]),
    ...(pixelFormat === "yuv420p" ? [] : [pixelFormat]),
  ].join(" ");
}

function soundSummary(audio: RenditionFormat["audio"]): string {
  return audio === null || audio.codec === "copy"
    ? (audio?.codec ?? "none")
    : [
        audio.codec,
        ...(audio.bitrateBps === null ? [] : [`${audio.bitrateBps / 1000}k`]),
        `${audio.sampleRateHz}hz`,
        audio.channels,
      ].join(" ");
}

const parse = (text: string) => summary(renditionOf(text));
const AAC = "aac 128k 44100hz 2";
const VORBIS = "vorbis 128k 44100hz 2";
const MP3 = "mp3 128k 44100hz 2";

describe("toRendition", () => {
  it.each([
    ["mp4", `h264 autoxauto 1000k | ${AAC}`],
    ["mp4:", `h264 autoxauto 1000k | ${AAC}`],
    ["mov", `h264 autoxauto 1000k | ${AAC}`],
    ["mkv", `h264 autoxauto 1000k | ${AAC}`],
    ["mpegts", `h264 autoxauto 1000k | ${AAC}`],
    ["mp4:hevc", `hevc autoxauto 1000k | ${AAC}`],
    ["webm", `vp8 autoxauto 1000k | ${VORBIS}`],
    ["webm:vp9", `vp9 autoxauto 1000k | ${VORBIS}`],
    ["avi", `mpeg4 autoxauto 1000k | ${MP3}`],
    ["asf", "wmv2 autoxauto 1000k | wmav2 128k 44100hz 2"],
    ["flv", `flv autoxauto 1000k | ${MP3}`],
    ["3gp", "h263 autoxauto 1000k | aac 32k 44100hz 2"],
    ["ogv", `theora autoxauto 1000k | ${VORBIS}`],
    ["ogg", `none | ${VORBIS}`],
    ["mp3", `none | ${MP3}`],
    ["aac", `none | ${AAC}`],
    ["m4a", `none | ${AAC}`],
    ["wav", "none | pcm-s16le 44100hz 2"],
    ["flac", "none | flac 44100hz 2"],
    ["webm::opus", "vp8 autoxauto 1000k | opus 128k 48000hz 2"],
  ])("gives %s the container's defaults: %s", (text, expected) => {
    expect(parse(text)).toBe(expected);
  });

  it.each([
    ["mp4:240p", "autox240 500k"],
    ["mp4:360p", "autox360 800k"],
    ["mp4:480p", "autox480 1000k"],
    ["mp4:540p", "autox540 1000k"],
    ["mp4:576p", "autox576 1000k"],
    ["mp4:720p", "1280x720 2000k"],
    ["mp4:1080p", "1920x1080 4000k"],
    ["mp4:2160p", "3840x2160 8000k"],
    ["MP4:720P", "1280x720 2000k"],
    ["mp4:x1024", "autox1024 1000k"],
    ["mp4:1024x", "1024xauto 1000k"],
    ["mp4:0x240", "autox240 1000k"],
    ["mp4:600x0", "600xauto 1000k"],
    ["mp4:0x0", "autoxauto 1000k"],
    ["mp4:1280x720", "1280x720 1000k"],
    ["mp4:2500k_720p", "1280x720 2500k"],
    ["mp4:h264_25fps_600x_1500K", "600xauto 25/1fps 1500k"],
    ["mp4:23.98fps", "autoxauto 24000/1001fps 1000k"],
    ["mp4:59.94fps", "autoxauto 60000/1001fps 1000k"],
    ["mp4:720p_0fps", "1280x720 2000k"],
    ["mp4:::quality=4", "autoxauto q4"],
    ["mp4:480p::quality=4,maxrate=1500K", "autox480 q4 max 1500k"],
    ["mp4:480p_9000k::quality=3", "autox480 q3"],
    ["mp4:720p::2pass", "1280x720 2000kx2"],
  ])("reads the picture of %s as %s", (text, expected) => {
    expect(parse(text)).toBe(`h264 ${expected} | ${AAC}`);
  });

  it.each([
    ["mp4:720p:aac_64k_22050hz_mono", "aac 64k 22050hz 1"],
    ["mp4:720p::frag", `${AAC} fragmented`],
    ["mp4:720p::metadata=0", `${AAC} bare`],
    ["mp4:720p::metadata=1", AAC],
    ["mp4:720p:multi", "aac 128k 44100hz multi"],
    ["mp4:720p:ac3_640k_48000hz_multi", "ac3 640k 48000hz multi"],
    ["mp4:720p:x", "none"],
    ["mp4:720p:noaudio", "none"],
    ["mp4:720p:copy", "copy"],
  ])("reads the rest of %s as %s", (text, expected) => {
    expect(parse(text)).toBe(`h264 1280x720 2000k | ${expected}`);
  });

  it.each([
    ["mp4:x:64k", "none | aac 64k 44100hz 2"],
    ["mp4:novideo", `none | ${AAC}`],
    ["mp4:copy:copy", "copy | copy"],
    ["mp4:copy:64k:frag", "copy | aac 64k 44100hz 2 fragmented"],
    ["mp4:1080p::vprofile=high10", `h264 1920x1080 4000k high10 yuv420p10le | ${AAC}`],
    ["mp4:1080p::vprofile=high422", `h264 1920x1080 4000k high422 yuv422p | ${AAC}`],
    ["mp4:1080p::vprofile=high422_pix_fmt=yuv422p10le", `h264 1920x1080 4000k high422 yuv422p10le | ${AAC}`],
    ["mp4:1080p::vprofile=high444", `h264 1920x1080 4000k high444 yuv444p | ${AAC}`],
    ["mp4:hevc::vprofile=main10", `hevc autoxauto 1000k main10 yuv420p10le | ${AAC}`],
    ["mp4:::vprofile=baseline,level=3.0", `h264 autoxauto 1000k baseline level 30 | ${AAC}`],
    ["mp4:::level=31", `h264 autoxauto 1000k level 31 | ${AAC}`],
    ["mp4:::level=4.0", `h264 autoxauto 1000k level 40 | ${AAC}`],
    ["mp4:::level=4", `h264 autoxauto 1000k level 40 | ${AAC}`],
    ["mov:prores", `prores autoxauto fixed yuv422p10le | ${AAC}`],
    ["mov:prores::vprofile=0", `prores autoxauto fixed 0 yuv422p10le | ${AAC}`],
    ["mov:prores::pix_fmt=yuva444p10le", `prores autoxauto fixed yuva444p10le | ${AAC}`],
    ["mov:qtrle", `qtrle autoxauto fixed rgb24 | ${AAC}`],
    ["avi:mjpeg", `mjpeg autoxauto 1000k yuvj420p | ${MP3}`],
    ["avi:mjpeg::pix_fmt=yuv422p", `mjpeg autoxauto 1000k yuvj422p | ${MP3}`],
    ["mkv:mpeg2video_25fps", `mpeg2video autoxauto 25/1fps 1000k | ${AAC}`],
  ])("reads %s as %s", (text, expected) => {
    expect(parse(text)).toBe(expected);
  });

  const video = Object.entries(CONTAINERS).flatMap(([container, row]) =>
    row.video.map((codec): [Container, VideoCodec] => [container as Container, codec]),
  );
  const audio = Object.entries(CONTAINERS).flatMap(([container, row]) =>
    row.audio.map((codec): [Container, AudioCodec] => [container as Container, codec]),
  );

  it("takes every codec in each container of its row, with the pixel formats of the codec's row", () => {
    for (const [container, codec] of video) {
      expect(renditionOf(`${container}:${codec}`)).toMatchObject({ container, video: { codec } });
      for (const pixelFormat of VIDEO_CODEC_FACTS[codec].pixelFormats) {
        expect(renditionOf(`${container}:${codec}::pix_fmt=${pixelFormat}`)).toMatchObject({
          video: { pixelFormat },
        });
      }
    }
    for (const [container, codec] of audio) {
      const colons = CONTAINERS[container].video.length > 0 ? "::" : ":";
      expect(renditionOf(`${container}${colons}${codec}`)).toMatchObject({ container, audio: { codec } });
    }
  });

  it("refuses every codec in the containers that do not have it, and names what they have", () => {
    const containers = Object.keys(CONTAINERS) as Container[];
    for (const container of containers) {
      const carried: readonly string[] = CONTAINERS[container].video;
      for (const codec of Object.keys(VIDEO_CODEC_FACTS).filter((name) => !carried.includes(name))) {
        const [problem = ""] = formatProblems(`${container}:${codec}`);
        expect(problem).toContain(
          carried.length === 0 ? `${container} carries sound only` : `${container} carries ${carried[0]}`,
        );
      }
      const sounds: readonly string[] = CONTAINERS[container].audio;
      for (const codec of Object.keys(AUDIO_CODEC_FACTS).filter((name) => !sounds.includes(name))) {
        const colons = carried.length > 0 ? "::" : ":";
        expect(formatProblems(`${container}${colons}${codec}`)[0]).toContain(
          `${container} carries ${sounds[0]}`,
        );
      }
    }
  });

  it("keeps quality, bitrate and 2pass to the codecs that have them", () => {
    for (const [container, codec] of video) {
      const facts = VIDEO_CODEC_FACTS[codec];
      const isTaken = (specs: string) => formatProblems(`${container}:${codec}${specs}`).length === 0;
      expect([codec, isTaken("::quality=3")]).toEqual([codec, facts.hasQuality]);
      expect([codec, isTaken("_500k")]).toEqual([codec, facts.hasBitrate]);
      expect([codec, isTaken("::2pass")]).toEqual([codec, facts.hasTwoPasses]);
    }
  });

  it("keeps bitrates and sample rates to what the codec takes", () => {
    for (const [container, codec] of audio) {
      const colons = CONTAINERS[container].video.length > 0 ? "::" : ":";
      const isTaken = (spec: string) => formatProblems(`${container}${colons}${codec}_${spec}`).length === 0;
      const rates: readonly number[] | null =
        container === "flv" && codec === "mp3"
          ? FLV_MP3_SAMPLE_RATES_HZ
          : AUDIO_CODEC_FACTS[codec].sampleRatesHz;
      for (const sampleRateHz of [16_000, 22_050, 48_000].filter((rate) => rates?.includes(rate) ?? true)) {
        for (const [channels, layout] of [
          [1, "mono"],
          [2, "stereo"],
        ] as const) {
          const range = audioBitrateRange(codec, { sampleRateHz, channels });
          const { min, max } = range ?? { min: 128, max: 128 };
          const taken = [min - 1, min, max, max + 1].map((kbps) =>
            isTaken(`${kbps}k_${sampleRateHz}hz_${layout}`),
          );
          const asTold = range === null ? [false, false, false, false] : [false, true, true, false];
          expect([container, codec, sampleRateHz, layout, taken]).toEqual([
            ...[container, codec, sampleRateHz, layout],
            asTold,
          ]);
        }
      }
      for (const rate of [8000, 11_025, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000]) {
        expect([codec, rate, isTaken(`${rate}hz`)]).toEqual([codec, rate, rates?.includes(rate) ?? true]);
      }
      expect(isTaken("22000hz")).toBe(false);
    }
  });

  it.each([
    ["webm:h264", "webm carries vp8, vp9 and av1. For h264 use mp4, mpegts, mov or mkv."],
    ["3gp::amr-nb", "which this service has no encoder for; 3gp carries aac"],
    ["mov:svq3", "which this service has no encoder for; mov carries h264"],
    ["mp4:x:x", "has neither video nor audio"],
    ["mp4:novideo:noaudio", "has neither video nor audio"],
    ["mp3:x", "has neither video nor audio"],
    ["mp4:x_1000k", "has no video, but sets video bitrate for it"],
    ["mp4:novideo_720p", "has no video, but sets resolution for it"],
    ["mp4:x::quality=3", "has no video, but sets quality for it"],
    ["mp4:x::2pass", "has no video, but sets 2pass for it"],
    ["mp4::x_64k", "has no audio, but sets audio bitrate for it"],
    ["mp4:copy_720p_25fps", "copies the video as it is, so that resolution and frame rate cannot be set"],
    ["mp4:copy::quality=3", "copies the video as it is, so that quality cannot be set"],
    ["mp4::copy_64k", "copies the audio as it is, so that audio bitrate cannot be set"],
    [
      "mp4:720p_26fps",
      "which must be 0fps, 15fps, 23.98fps, 24fps, 25fps, 29.97fps, 30fps, 50fps, 59.94fps or 60fps",
    ],
    ["mkv:mpeg2video_15fps", "which for mpeg2video must be 23.98fps, 24fps,"],
    ["mp4:4k", "has video bitrate '4k', which must be from 10k to 199999k"],
    ["mp4:200000k", "has video bitrate '200000k'"],
    ["mp4:8x16", "has a side of 8 pixels"],
    ["mp4:99999x", "has a side of 99999 pixels"],
    ["mp4::513k", "has audio bitrate '513k', which must be from 8k to 512k"],
    ["mp4::22000hz", "has sample rate '22000hz', which for aac must be 8000hz, 11025hz,"],
    ["webm::opus_44100hz", "which for opus must be 8000hz, 16000hz, 24000hz or 48000hz"],
    ["flac:64k", "sets an audio bitrate, which flac does not have"],
    ["mov:prores_5000k", "which prores does not have. Set its vprofile, from 0 to 3."],
    ["avi:::quality=3", "which mpeg4 does not have (h264, hevc, av1, vp8 and vp9 do)"],
    ["mp4:::quality=6", "has quality '6', which must be from 1 to 5"],
    ["mp4:::maxrate=1500k", "works only together with a quality"],
    ["mp4:::quality=3,maxrate=1500", "has maxrate '1500'"],
    ["mp4:::2pass,quality=4", "sets 2pass, which steers towards a bitrate"],
    ["mp4:av1::2pass", "sets 2pass, which av1 does not have"],
    ["mkv:::frag", "sets frag, which mkv does not have (mp4, mov and m4a do)"],
    ["mp4:::metadata=2", "neither 0 nor 1"],
    ["mp4:::vprofile=high9", "Did you mean 'high'?"],
    ["mp4:hevc::vprofile=high", "which for hevc must be main or main10"],
    ["webm:::vprofile=high", "sets a vprofile, which vp8 does not have (h264, hevc and prores do)"],
    ["mp4:::pix_fmt=yuva444p10le", "which for h264 must be yuv420p, yuv422p,"],
    ["mp4:::vprofile=baseline,pix_fmt=yuv422p", "exclude each other: h264's profile baseline needs yuv420p"],
    ["mp4:::vprofile=high10,pix_fmt=yuv420p", "h264's profile high10 needs yuv420p10le"],
    ["mov:prores::vprofile=3,pix_fmt=yuva444p10le", "exclude each other"],
    ["webm:::level=31", "sets a level, which vp8 does not have (h264 and hevc do)"],
    ["mp4:::level=33", "has level '33', which for h264 must be 10, 11,"],
    ["mp4:hevc::level=22", "has level '22', which for hevc must be 10, 20,"],
    ["mp4:720p::level=30", "has level 30, which is too low: 1280x720 needs 31 or higher"],
    ["mp4:720p_60fps::level=31", "1280x720 at 60 fps needs 32 or higher"],
    ["mp4:2160p_60fps::level=51", "3840x2160 at 60 fps needs 52 or higher"],
    ["mp4:x1080::level=10", "has level 10, which is too low: x1080 needs"],
    ["flv::mp3_48000hz", "48000hz"],
    ["mp4:6000x6000", "has more pixels than a picture of 8192x4320"],
    ["mpegts:mpeg2video_4096x2160", "has a longer side than mpeg2video can have, which is 4094 pixels"],
    ["mp4:mpeg4_x8192", "has a longer side than mpeg4 can have"],
    ["mp4:av1_150000k", "which must be from 10k to 100000k for av1"],
    ["mp4:x264", "has 'x264', which reads as a height of 264 pixels"],
    ["mp4:hevc_2160p_60fps::level=50", "3840x2160 at 60 fps needs 51 or higher"],
    ["mp4:576p_13000k::level=30", "has level 30, which carries at most 12500k, not 13000k"],
    ["mp4:576p_10001k::level=30,vprofile=main", "carries at most 10000k"],
    ["mp4:576p::level=30,quality=5,maxrate=13000k", "carries at most 12500k"],
  ])("refuses %s: %s", (text, problem) => {
    const problems = formatProblems(text);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(problem);
  });

  it("says for which sound a bitrate is out of range", () => {
    expect(formatProblems("mp3:320k_22050hz").join()).toContain(
      "must be from 8k to 160k for mp3 at 22050hz in stereo",
    );
    expect(formatProblems("mp4::aac_600k_multi").join()).toContain("to 512k for aac at 44100hz");
  });

  it("reports the mistakes of both tracks", () => {
    expect(formatProblems("mp4:26fps_5k:513k_44000hz:metadata=7")).toHaveLength(5);
  });
});

describe("parseVariant", () => {
  const variantProblems = (text: string) => {
    const problems: string[] = [];
    const rendition = parseVariant(text, (rule) => problems.push(rule));
    expect(rendition === undefined).toBe(problems.length > 0);
    return { rendition, problems };
  };

  it("reads the default ladder, with presets that fix only the height", () => {
    const ladder = DEFAULT_VARIANTS.map((variant) => {
      const { rendition } = variantProblems(variant);
      return rendition === undefined ? null : summary(rendition);
    });
    expect(ladder).toEqual([
      "none | aac 64k 44100hz 2",
      `h264 autox240 q4 max 400k | ${AAC}`,
      `h264 autox360 q4 max 1000k | ${AAC}`,
      `h264 autox480 q4 max 1500k | ${AAC}`,
      `h264 autox720 q4 max 2000k | ${AAC}`,
      `h264 autox1080 q4 max 4000k | ${AAC}`,
      `h264 autox2160 q4 max 8000k | ${AAC}`,
    ]);
  });

  it.each([
    ["mp4:hevc_480p", `hevc autox480 1000k | ${AAC}`],
    ["mp4:av1_720p::quality=3", `av1 autox720 q3 | ${AAC}`],
    ["mp4:480p:noaudio", "h264 autox480 1000k | none"],
    ["mp4:novideo:aac_multi_48000hz", "none | aac 128k 48000hz multi"],
    ["mp4:480p::metadata=0", `h264 autox480 1000k | ${AAC} bare`],
  ])("reads %s as %s", (text, expected) => {
    const { rendition } = variantProblems(text);
    expect(rendition && summary(rendition)).toBe(expected);
  });

  it("keeps a width and a height that are spelt out", () => {
    expect(variantProblems("mp4:1280x720").rendition).toMatchObject({
      video: { resolution: { widthPx: 1280, heightPx: 720 } },
    });
  });

  it.each([
    ["jpg:320x", "is in jpg, but a variant must be an mp4 format"],
    ["webm", "is in webm, but a variant must be an mp4 format"],
    ["httpstream", "must be an mp4 format"],
    ["mp4:vp9", "asks for video codec 'vp9', but a variant has h264, hevc or av1"],
    ["mp4::ac3", "asks for audio codec 'ac3', but a variant has aac"],
    ["mp4:copy", "asks for video codec 'copy', but a variant has h264, hevc or av1"],
    ["mp4::copy", "asks for audio codec 'copy', but a variant has aac"],
    ["mp4:::metadata=1", "sets metadata=1, but segments carry no titles and dates"],
    ["mp4:::frag", "sets frag, which has no meaning in a variant"],
    ["mp4:x:x", "has neither video nor audio"],
    ["mp4:729p", "has an unknown video part '729p'"],
  ])("refuses %s: %s", (text, problem) => {
    expect(variantProblems(text).problems).toEqual([expect.stringContaining(problem)]);
  });
});
