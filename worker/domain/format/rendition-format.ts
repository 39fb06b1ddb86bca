/** What the specs of a format of video or sound add up to. */
import type { Container } from "../../../encoder/contract/formats.ts";
import type { RenditionFormat } from "../job-spec.ts";
import { nameList } from "../name-list.ts";
import { NO_QUIRKS, type Quirks } from "../quirks.ts";
import { toAudio } from "./audio-format.ts";
import { readFormatString } from "./format-string.ts";
import { listenTo, type Report, type Specs } from "./format-specs.ts";
import { RESOLUTION_PRESETS } from "./output-presets.ts";
import { toVideo } from "./video-format.ts";

/** Containers that can be written in fragments. */
const FRAGMENTED: readonly Container[] = ["mp4", "mov", "m4a"];

/** Undefined after a report. */
export function toRendition(
  container: Container,
  specs: Specs,
  quirks: Quirks,
  report: Report,
): RenditionFormat | undefined {
  const { note, isClean } = listenTo(report);
  const video = toVideo(container, specs, quirks, note);
  const audio = toAudio(container, specs, note);
  const keepsMetadata = parseMetadata(specs.metadata, note);
  const isFragmented = specs.frag !== undefined;
  if (isFragmented && !FRAGMENTED.includes(container)) {
    note(`sets frag, which ${container} does not have (${nameList(FRAGMENTED)} do)`, { spec: "frag" });
  }
  if (video === null && audio === null) {
    note("has neither video nor audio");
  }
  return video === undefined || audio === undefined || keepsMetadata === undefined || !isClean()
    ? undefined
    : { container, video, audio, isFragmented, keepsMetadata };
}

function parseMetadata(text: string | undefined, report: Report): boolean | undefined {
  if (text === undefined || /^[01]$/.test(text)) {
    return text !== "0";
  }
  report("has an option 'metadata' that is neither 0 nor 1", { spec: "metadata" });
  return undefined;
}

/**
 * A variant of a stream; undefined after a report. A preset fixes only the height there, as Coconut's own packages
 * show: players switch between variants, so all of them keep one aspect ratio.
 */
export function parseVariant(text: string, report: Report): RenditionFormat | undefined {
  const { note, isClean } = listenTo(report);
  const format = readFormatString(text, note);
  if (format === null || !isClean()) {
    return undefined;
  }
  if (format.type !== "video" || format.container !== "mp4") {
    const container = text.split(":")[0] ?? "";
    report(`is in ${container}, but a variant must be an mp4 format`);
    return undefined;
  }
  const rendition = toRendition("mp4", format.specs, NO_QUIRKS, note);
  if (rendition === undefined) {
    return undefined;
  }
  checkVariant(rendition, format.specs, note);
  if (!isClean()) {
    return undefined;
  }
  const { video } = rendition;
  const isPreset = Object.hasOwn(RESOLUTION_PRESETS, format.specs.resolution ?? "");
  return video === null || video.codec === "copy" || !isPreset
    ? rendition
    : { ...rendition, video: { ...video, resolution: { ...video.resolution, widthPx: null } } };
}

/** Coconut has H.264, HEVC and AAC there. */
const VARIANT_CODECS = { video: ["h264", "hevc", "av1"], audio: ["aac"] } as const;

function checkVariant({ video, audio, isFragmented }: RenditionFormat, specs: Specs, report: Report): void {
  for (const [track, kind] of [
    [video, "video"],
    [audio, "audio"],
  ] as const) {
    const codecs: readonly string[] = VARIANT_CODECS[kind];
    if (track !== null && !codecs.includes(track.codec)) {
      report(`asks for ${kind} codec '${track.codec}', but a variant has ${nameList(codecs, "or")}`);
    }
  }
  if (isFragmented) {
    report("sets frag, which has no meaning in a variant");
  }
  if (specs.metadata === "1") {
    report("sets metadata=1, but segments carry no titles and dates");
  }
}
