/** Profiles, levels and pixel formats of a format: which of them go together, and with the size and rate. */
import type { PixelFormat, VideoCodec } from "../../../encoder/contract/formats.ts";
import { levelBitrateKbps, levelNumbers, levelsFor } from "../../../encoder/contract/h264-levels.ts";
import type { PictureFormat } from "../job-spec.ts";
import { didYouMean, nameList } from "../name-list.ts";
import { shortened } from "../shown-value.ts";
import { pixelFormatsOf } from "./format-facts.ts";
import type { Report, Specs } from "./format-specs.ts";

type Profile = NonNullable<PictureFormat["profile"]>;
type ProfileRow = { profile: Profile; pixelFormats: readonly [PixelFormat, ...PixelFormat[]] };

/** Profiles of the codecs that have them, each with what it can carry, first what it is chosen with. */
const PROFILES: Partial<Record<VideoCodec, readonly ProfileRow[]>> = {
  h264: [
    { profile: "baseline", pixelFormats: ["yuv420p"] },
    { profile: "main", pixelFormats: ["yuv420p"] },
    { profile: "high", pixelFormats: ["yuv420p"] },
    { profile: "high10", pixelFormats: ["yuv420p10le"] },
    { profile: "high422", pixelFormats: ["yuv422p", "yuv422p10le"] },
    { profile: "high444", pixelFormats: ["yuv444p"] },
  ],
  hevc: [
    { profile: "main", pixelFormats: ["yuv420p"] },
    { profile: "main10", pixelFormats: ["yuv420p10le"] },
  ],
  prores: (["0", "1", "2", "3"] as const).map((profile) => ({ profile, pixelFormats: ["yuv422p10le"] })),
};

export type Profiling = Pick<PictureFormat, "profile" | "pixelFormat">;

/** The profile and the pixel format: where one is given, the other is chosen to go with it. */
export function parseProfile(codec: VideoCodec, specs: Specs, report: Report): Profiling | undefined {
  const row = profileRow(codec, specs.vprofile, report);
  const pixelFormat = parsePixelFormat(codec, specs.pix_fmt, report);
  if (row === undefined || pixelFormat === undefined) {
    return undefined;
  }
  if (row === null) {
    return { profile: null, pixelFormat: pixelFormat ?? pixelFormatsOf(codec)[0] };
  }
  if (pixelFormat !== null && !row.pixelFormats.includes(pixelFormat)) {
    const allowed = nameList(row.pixelFormats, "or");
    report(
      `has vprofile '${row.profile}' and pix_fmt '${pixelFormat}', which exclude each other: ${codec}'s profile ${row.profile} needs ${allowed}`,
      { spec: "pix_fmt" },
    );
    return undefined;
  }
  return { profile: row.profile, pixelFormat: pixelFormat ?? row.pixelFormats[0] };
}

/** Null without one. */
function profileRow(
  codec: VideoCodec,
  text: string | undefined,
  report: Report,
): ProfileRow | null | undefined {
  if (text === undefined) {
    return null;
  }
  const rows = PROFILES[codec] ?? [];
  const row = rows.find(({ profile }) => profile === text);
  if (row === undefined) {
    const names = rows.map(({ profile }) => profile);
    const rule =
      names.length === 0
        ? `sets a vprofile, which ${codec} does not have (${nameList(Object.keys(PROFILES))} do)`
        : `has vprofile '${shortened(text)}', which for ${codec} must be ${nameList(names, "or")}`;
    report(rule, { spec: "vprofile", advice: didYouMean(text, names) });
  }
  return row;
}

/** Motion JPEG has the full range, which FFmpeg spells into the name. */
function parsePixelFormat(
  codec: VideoCodec,
  text: string | undefined,
  report: Report,
): PixelFormat | null | undefined {
  if (text === undefined) {
    return null;
  }
  const formats = pixelFormatsOf(codec);
  const found = formats.find((format) => format === text || format === text.replace(/^yuv/, "yuvj"));
  if (found === undefined) {
    const rule = `has pix_fmt '${shortened(text)}', which for ${codec} must be ${nameList(formats, "or")}`;
    report(rule, { spec: "pix_fmt", advice: didYouMean(text, formats) });
  }
  return found;
}

/** `31`, `3.1`, `40`, `4.0` and `4`; null without one. */
export function parseLevel(codec: VideoCodec, specs: Specs, report: Report): number | null | undefined {
  const text = specs.level;
  if (text === undefined) {
    return null;
  }
  if (codec !== "h264" && codec !== "hevc") {
    report(`sets a level, which ${codec} does not have (h264 and hevc do)`, { spec: "level" });
    return undefined;
  }
  const match = /^(\d)\.?(\d)?$/.exec(text);
  const level = match === null ? Number.NaN : Number(match[1]) * 10 + Number(match[2] ?? 0);
  const levels = levelNumbers(codec);
  if (levels.includes(level)) {
    return level;
  }
  report(`has level '${shortened(text)}', which for ${codec} must be ${nameList(levels.map(String), "or")}`, {
    spec: "level",
  });
  return undefined;
}

/** Reports a level that does not allow what the format itself asks for; what follows from the source comes later. */
export function checkLevel(picture: PictureFormat, report: Report): void {
  const { codec, level, resolution, frameRate, rate, profile } = picture;
  if (level === null || (codec !== "h264" && codec !== "hevc")) {
    return;
  }
  // A side that is not known yet has at least one block.
  const widthPx = resolution.widthPx ?? 1;
  const heightPx = resolution.heightPx ?? 1;
  const levels = levelsFor(codec, { widthPx, heightPx, frameRate });
  if (!levels.includes(level)) {
    const fps = frameRate === null ? "" : ` at ${Number((frameRate.num / frameRate.den).toFixed(2))} fps`;
    const size = `${resolution.widthPx ?? ""}x${resolution.heightPx ?? ""}`;
    const lowest = levels[0] === undefined ? "is beyond every level" : `needs ${levels[0]} or higher`;
    report(`has level ${level}, which is too low: ${size}${fps} ${lowest}`, { spec: "level" });
    return;
  }
  const bitrateBps =
    rate.mode === "bitrate" ? rate.bitrateBps : rate.mode === "quality" ? rate.maxrateBps : 0;
  const mostKbps = levelBitrateKbps(codec, level, profile) ?? 0;
  if ((bitrateBps ?? 0) > mostKbps * 1000) {
    const given = `${(bitrateBps ?? 0) / 1000}k`;
    report(`has level ${level}, which carries at most ${mostKbps}k, not ${given}`, { spec: "level" });
  }
}
