import { describe, expect, it } from "vitest";
import {
  fileUrl,
  isStillFormat,
  packageInput,
  pictureInput,
  subtitleInput,
  sourceInput,
} from "../../../../encoder/ffmpeg/input-guards.ts";

function valueOf(args: readonly string[], flag: string): string | undefined {
  return args.includes(flag) ? args[args.indexOf(flag) + 1] : undefined;
}

describe("sourceInput", () => {
  it("lets a local file reach local files only", () => {
    const args = sourceInput(fileUrl("/scratch/a b"), "-ss", "1");
    expect(valueOf(args, "-protocol_whitelist")).toBe("file");
    expect(args).not.toContain("-seekable");
    expect(args.slice(-4)).toEqual(["-ss", "1", "-i", "file:/scratch/a b"]);
  });

  it("lets a file behind the loopback reach no local file and follow no redirect", () => {
    const args = sourceInput("http://127.0.0.1:40001/a");
    expect(valueOf(args, "-protocol_whitelist")).toBe("http,tcp");
    expect(valueOf(args, "-max_redirects")).toBe("0");
    expect(valueOf(args, "-seekable")).toBe("1");
    expect(args.slice(-2)).toEqual(["-i", "http://127.0.0.1:40001/a"]);
  });

  it.each([
    "/scratch/a.mp4",
    "http://example.com/a.mp4",
    "http://127.0.0.1@example.com/a.mp4",
    "http://127.0.0.1:80@example.com/a.mp4",
    "http://127.0.0.1.example.com:80/a.mp4",
    "https://127.0.0.1:40001/a",
    "concat:a|b",
    "",
  ])("refuses %j", (url) => {
    expect(() => sourceInput(url)).toThrow("local files and the loopback range cache only");
  });
});

describe("the formats that sources may have", () => {
  const formats = valueOf(sourceInput(fileUrl("a")), "-format_whitelist")?.split(",") ?? [];

  it("open no second file or address", () => {
    for (const format of [
      "hls",
      "dash",
      "concat",
      "image2",
      "image2pipe",
      "svg_pipe",
      "lavfi",
      "sdp",
      "rtsp",
    ]) {
      expect(formats).not.toContain(format);
    }
  });

  it("know stills by their names", () => {
    expect(formats.filter(isStillFormat)).toContain("jpeg_pipe");
    expect(isStillFormat("mov,mp4,m4a,3gp,3g2,mj2")).toBe(false);
  });
});

describe("pictureInput", () => {
  it("reads one PNG or JPEG of a modest size", () => {
    const args = pictureInput(fileUrl("/scratch/0"));
    expect(valueOf(args, "-format_whitelist")).toBe("png_pipe,jpeg_pipe");
    expect(valueOf(args, "-max_pixels")).toBe(String(4096 * 4096));
    expect(valueOf(args, "-protocol_whitelist")).toBe("file");
    expect(() => pictureInput("https://example.com/mark.png")).toThrow("local files");
  });
});

describe("packageInput", () => {
  it("reads manifests with media and keys, of local files only", () => {
    const args = packageInput("/scratch/master.m3u8");
    expect(valueOf(args, "-protocol_whitelist")).toBe("file,crypto");
    expect(valueOf(args, "-format_whitelist")).toBe("hls,dash,mpegts,mov");
    expect(args.slice(-2)).toEqual(["-i", "file:/scratch/master.m3u8"]);
  });
});

describe("subtitleInput", () => {
  it("reads subtitles and nothing else, and reaches no second file", () => {
    const args = subtitleInput(fileUrl("/scratch/a"), "-copyts");
    expect(valueOf(args, "-format_whitelist")).toBe("srt,webvtt,ass");
    expect(valueOf(args, "-protocol_whitelist")).toBe("file");
    expect(args.slice(-3)).toEqual(["-copyts", "-i", "file:/scratch/a"]);
    expect(() => subtitleInput("https://example.com/a.srt")).toThrow("loopback range cache only");
  });
});
