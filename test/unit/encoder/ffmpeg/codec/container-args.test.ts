import { describe, expect, it } from "vitest";
import { CONTAINER_NAMES } from "../../../../../encoder/contract/formats.ts";
import {
  containerArgs,
  descriptionArgs,
  isMovFamily,
} from "../../../../../encoder/ffmpeg/codec/container-args.ts";

const file = {
  container: "mp4",
  keepsMetadata: true,
  isFragmented: false,
  codecs: { video: "h264", audio: "aac" },
  outputPath: "/scratch/out",
} as const;

const argsOf = (changes: Partial<Parameters<typeof containerArgs>[0]>): string =>
  containerArgs({ ...file, ...changes })
    .slice(2, -1)
    .join(" ");

describe("containerArgs", () => {
  it.each([
    ["mp4", "-movflags +faststart -f mp4"],
    ["mov", "-movflags +faststart -f mov"],
    ["m4a", "-movflags +faststart -f ipod"],
    ["3gp", "-movflags +faststart -f 3gp"],
    ["webm", "-cues_to_front 1 -f webm"],
    ["mkv", "-cues_to_front 1 -f matroska"],
    ["mpegts", "-f mpegts"],
    ["avi", "-avoid_negative_ts disabled -f avi"],
    ["asf", "-f asf"],
    ["flv", "-flvflags +add_keyframe_index -f flv"],
    ["ogv", "-f ogg"],
    ["ogg", "-f ogg"],
    ["aac", "-f adts"],
    ["mp3", "-id3v2_version 3 -f mp3"],
    ["wav", "-rf64 auto -f wav"],
    ["flac", "-f flac"],
  ] as const)("writes %s", (container, expected) => {
    expect(argsOf({ container })).toBe(expected);
  });

  it("writes MP4 in fragments that begin with a keyframe, or every other second of sound", () => {
    const flags = "-movflags +frag_keyframe+empty_moov+delay_moov+default_base_moof";
    expect(argsOf({ isFragmented: true })).toBe(`${flags} -f mp4`);
    const sound = { video: null, audio: "aac" };
    expect(argsOf({ isFragmented: true, codecs: sound })).toBe(`${flags} -frag_duration 2000000 -f mp4`);
    expect(argsOf({ container: "webm", isFragmented: true })).toBe("-cues_to_front 1 -f webm");
  });

  it("calls tracks what players call them", () => {
    const named = (container: "mp4" | "mkv" | "avi", video: string) =>
      argsOf({ container, codecs: { video, audio: null } }).includes("-tag:v");
    expect(argsOf({ codecs: { video: "hevc", audio: null } })).toContain("-tag:v hvc1");
    expect(argsOf({ container: "avi", codecs: { video: "xvid", audio: null } })).toContain("-tag:v XVID");
    expect([named("mkv", "hevc"), named("mp4", "xvid"), named("avi", "mpeg4")]).toEqual([
      false,
      false,
      false,
    ]);
  });

  it("lets MP4 carry FLAC", () => {
    const codecs = { video: null, audio: "flac" };
    expect(argsOf({ codecs })).toContain("-strict experimental");
    expect(argsOf({ container: "flac", codecs })).not.toContain("-strict");
  });

  it("leaves no tag in an MP3 that is to have none", () => {
    expect(argsOf({ container: "mp3", keepsMetadata: false })).toContain("-id3v2_version 0");
  });
});

describe("descriptionArgs", () => {
  it("keeps what the source says of itself, or nothing of it, and never chapters", () => {
    expect(descriptionArgs({ container: "mkv", keepsMetadata: true }).join(" ")).toBe(
      "-map_metadata 0 -map_chapters -1",
    );
    expect(descriptionArgs({ container: "mp4", keepsMetadata: false }).join(" ")).toBe(
      "-map_metadata -1 -map_chapters -1 -write_tmcd 0",
    );
  });
});

describe("isMovFamily", () => {
  it("is MP4 and what is MP4 by another name", () => {
    expect(CONTAINER_NAMES.filter(isMovFamily)).toEqual(["mp4", "mov", "3gp", "m4a"]);
  });
});
