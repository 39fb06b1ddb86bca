import { describe, expect, it } from "vitest";
import {
  AUDIO_CODECS,
  CONTAINERS,
  IMAGE_CONTAINERS,
  VIDEO_CODECS,
} from "../../../../../encoder/contract/formats.ts";
import { formatText, type Specs } from "../../../../../worker/domain/format/format-specs.ts";
import { readFormatString } from "../../../../../worker/domain/format/format-string.ts";

function read(text: string) {
  const problems: string[] = [];
  const format = readFormatString(text, (rule, about) => problems.push([rule, about?.advice].join(" | ")));
  return { format, problems };
}

const specsOf = (text: string) => {
  const { format, problems } = read(text);
  expect(problems).toEqual([]);
  return format !== null && format.type !== "httpstream" ? format.specs : null;
};

describe("readFormatString", () => {
  it.each([...Object.keys(CONTAINERS), ...Object.keys(IMAGE_CONTAINERS)])("knows %s", (name) => {
    expect(read(name)).toMatchObject({ format: { container: name }, problems: [] });
    expect(read(name.toUpperCase())).toMatchObject({ format: { container: name }, problems: [] });
  });

  it.each([
    ["hls", "mpegts"],
    ["jpeg", "jpg"],
    ["divx", "avi"],
    ["xvid", "avi"],
    ["wmv", "asf"],
    ["flash", "flv"],
    ["theora", "ogv"],
  ])("takes %s for %s", (alias, container) => {
    expect(read(alias)).toMatchObject({ format: { container }, problems: [] });
  });

  it.each<[string, Specs]>([
    ...[...VIDEO_CODECS, "copy", "svq3"].map((codec): [string, Specs] => [
      `mkv:${codec}`,
      { video_codec: codec },
    ]),
    ...[...AUDIO_CODECS, "copy", "amr-nb"].map((codec): [string, Specs] => [
      `mkv::${codec}`,
      { audio_codec: codec },
    ]),
    ["mp4:h265", { video_codec: "hevc" }],
    ["mov:prores-ks", { video_codec: "prores" }],
    ["mov:720p_prores_ks", { resolution: "720p", video_codec: "prores" }],
    ["mov:prores_ks_720p", { resolution: "720p", video_codec: "prores" }],
    ["mov::pcm", { audio_codec: "pcm-s16le" }],
    [
      "mov::48000hz_pcm_s16le_mono",
      { sample_rate: "48000hz", audio_codec: "pcm-s16le", audio_channel: "mono" },
    ],
    ["mov::pcm_u8", { audio_codec: "pcm-u8" }],
    ["wav:pcm_alaw_8000hz", { audio_codec: "pcm-alaw", sample_rate: "8000hz" }],
    ["3gp::amr_nb", { audio_codec: "amr-nb" }],
  ])("reads the codec of %s", (text, specs) => {
    expect(specsOf(text)).toEqual(specs);
  });

  it("finds every spec in any order", () => {
    const video = ["1280x720", "2000k", "hevc", "29.97fps"];
    const audio = ["aac", "96k", "22050hz", "multi"];
    const specs = {
      ...{ resolution: "1280x720", video_bitrate: "2000k", video_codec: "hevc", fps: "29.97fps" },
      ...{ audio_codec: "aac", audio_bitrate: "96k", sample_rate: "22050hz", audio_channel: "multi" },
    };
    for (let turn = 0; turn < 4; turn++) {
      video.push(video.shift() ?? "");
      audio.unshift(audio.pop() ?? "");
      expect(specsOf(`mp4:${video.join("_")}:${audio.join("_")}`)).toEqual(specs);
    }
  });

  it("reads options divided by commas and by underscores, pix_fmt among them", () => {
    const specs = { "2pass": "", pix_fmt: "yuv420p", metadata: "0", frag: "", level: "3.1" };
    expect(specsOf("mp4:::2pass,pix_fmt=yuv420p,metadata=0,frag,level=3.1")).toEqual(specs);
    expect(specsOf("mp4:::2pass_pix_fmt=yuv420p_metadata=0_frag_level=3.1")).toEqual(specs);
    expect(specsOf("mp4:::pix_fmt=yuv420p_2pass,metadata=0_frag,level=3.1")).toEqual(specs);
  });

  it("has no picture part in formats of sound", () => {
    expect(specsOf("mp3:64k_22050hz_mono")).toEqual({
      audio_bitrate: "64k",
      sample_rate: "22050hz",
      audio_channel: "mono",
    });
    expect(specsOf("flac:mono:metadata=0")).toEqual({ audio_channel: "mono", metadata: "0" });
  });

  it.each([
    ["", "does not begin with a known container"],
    ["constructor", "does not begin with a known container"],
    ["wbem", "Did you mean 'webm'?"],
    ["mp5:720p", "Did you mean 'mp4'?"],
    ["webp-anim", "Did you mean 'webp_anim'?"],
    ["ts", "Did you mean 'mpegts'?"],
    ["oga", "Did you mean 'ogg'?"],
    ["m2ts", "Did you mean 'mpegts'?"],
    ["httpstream:720p", "must be just httpstream"],
    ["mp4:720p:::2pass", "has more parts than container:video:audio:options"],
    ["mp3:64k::x", "has more parts than a format of sound"],
    ["jpg:600x:64k", "has more parts than an image format"],
    ["mp4:720p::2pass=1", "gives option '2pass' a value, but it is just 2pass"],
    ["mp4:720p::quality", "has option 'quality' without a value"],
    ["mp4:720p::2pass,2pass", "has option '2pass' twice"],
    ["mp4:720p::quality=1,quality=5", "has option 'quality' twice"],
    ["mp4:720p::crf=20", "has an unknown option 'crf=20'"],
    ["mp4:720p::qualty=4", "Did you mean 'quality'?"],
    ["mp3::64k", "Only options stand behind the last colon."],
    ["mp4:720p:quality=4", "has option 'quality=4' in its audio part"],
    [
      "mp4:720i",
      "has an unknown video part '720i' (known: video codec, resolution, video bitrate, frame rate)",
    ],
    ["mp4:h246", "Did you mean 'h264'?"],
    ["mp4:mpeg2", "Did you mean 'mpeg2video'?"],
    ["mp4:2m", "has an unknown video part '2m'"],
    ["mp4:constructor", "has an unknown video part 'constructor'"],
    ["mp4:720p_", "has an empty video spec"],
    ["mp4:720p__64k", "has an empty video spec"],
    ["mp4:720p_480p", "has two values for the resolution: '720p' and '480p'"],
    ["mp4:720p:64k_96k", "has two values for the audio bitrate"],
    ["mp4:720p:surround", "has an unknown audio part 'surround'"],
    ["mp4:720p:sterio", "Did you mean 'stereo'?"],
    ["mp4:mono", "Put it behind the second colon, such as mp4::mono."],
    [
      "mp4::720p",
      "has video spec '720p' in its audio part | Put it behind the first colon, such as mp4:720p.",
    ],
    ["mp3:720p", "has video spec '720p', but mp3 carries sound only"],
    ["ogg:h264", "Ogg with a picture is ogv."],
    ["jpg:600", "has an unknown image part '600'"],
    ["jpg:144p", "Resolutions are written 640x360, 640x, x360 or 480p."],
    ["jpg:400x_h264", "of an image format only the resolution can be set"],
  ])("refuses %s: %s", (text, problem) => {
    const { problems } = read(text);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(problem);
  });

  it("reports each broken piece", () => {
    expect(read("mp4:hvec_721p:acc:qualty=4,foo").problems).toHaveLength(5);
  });
});

describe("formatText", () => {
  it("writes specs in one order, without empty parts at the end", () => {
    const specs = specsOf("mp4:25fps_hevc_500k_0x240:mono_48000hz_96k_aac:metadata=0,2pass,level=31");
    expect(formatText("mp4", specs ?? {}, true)).toBe(
      "mp4:0x240_500k_hevc_25fps:aac_96k_48000hz_mono:level=31,2pass,metadata=0",
    );
    expect(formatText("mp4", {}, true)).toBe("mp4");
    expect(formatText("mp4", { quality: "4" }, true)).toBe("mp4:::quality=4");
    expect(formatText("mp3", { audio_bitrate: "64k" }, false)).toBe("mp3:64k");
  });

  it("is read back as it was written", () => {
    for (const text of ["webm:720p_vp9:opus_64k:quality=4,maxrate=900k", "avi:x:64k", "m4a:aac_64k:frag"]) {
      const { format } = read(text);
      expect(format?.type).toBe("video");
      if (format?.type === "video") {
        expect(formatText(format.container, format.specs, format.container !== "m4a")).toBe(text);
      }
    }
  });
});
