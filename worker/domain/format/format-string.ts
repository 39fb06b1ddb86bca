/**
 * Reads a format string such as `mp4:720p_2000k:96k_mono:quality=4`, `mp3:64k` or `jpg:640x` into specs: finds out what
 * each piece speaks of, not yet whether its value is possible.
 */
import type { Container, ImageContainer } from "../../../encoder/contract/formats.ts";
import { didYouMean, nameList } from "../name-list.ts";
import { shortened } from "../shown-value.ts";
import {
  AUDIO_CODEC_NAMES,
  audioCodecName,
  containerOfExtension,
  CONTAINER_WORDS,
  findContainer,
  VIDEO_CODEC_NAMES,
  videoCodecName,
  withHyphens,
} from "./format-names.ts";
import { hasPicture } from "./format-facts.ts";
import { FLAGS, OPTIONS, SPEC_LABELS, type Report, type SpecName, type Specs } from "./format-specs.ts";
import { RESOLUTION_PRESETS } from "./output-presets.ts";
import { isResolution } from "./spec-values.ts";

export type FormatString =
  | { type: "video"; container: Container; specs: Specs }
  | { type: "image"; container: ImageContainer; specs: Specs }
  | { type: "httpstream" };

/** What a piece of a format string is a spec of, with its canonical text; null when it is none. */
type Kind = { name: SpecName; read: (text: string) => string | null };
type Track = { label: "video" | "audio" | "image"; kinds: readonly Kind[]; words: readonly string[] };

const matching = (pattern: RegExp) => (text: string) => (pattern.test(text) ? text : null);
const resolution: Kind = { name: "resolution", read: (text) => (isResolution(text) ? text : null) };

const VIDEO: Track = {
  label: "video",
  kinds: [
    { name: "video_codec", read: (text) => (/^(x|novideo)$/.test(text) ? text : videoCodecName(text)) },
    resolution,
    { name: "video_bitrate", read: matching(/^\d+k$/) },
    { name: "fps", read: matching(/^[\d.]+fps$/) },
  ],
  words: [...Object.keys(RESOLUTION_PRESETS), ...VIDEO_CODEC_NAMES],
};
const AUDIO: Track = {
  label: "audio",
  kinds: [
    { name: "audio_codec", read: (text) => (/^(x|noaudio)$/.test(text) ? text : audioCodecName(text)) },
    { name: "audio_bitrate", read: matching(/^\d+k$/) },
    { name: "sample_rate", read: matching(/^[\d.]+hz$/) },
    { name: "audio_channel", read: matching(/^(mono|stereo|multi)$/) },
  ],
  words: [...AUDIO_CODEC_NAMES, "mono", "stereo", "multi"],
};
const IMAGE: Track = {
  label: "image",
  kinds: [{ name: "resolution", read: (text) => (text === "x" ? text : resolution.read(text)) }],
  words: Object.keys(RESOLUTION_PRESETS),
};

const RESOLUTION_ADVICE = "Resolutions are written 640x360, 640x, x360 or 480p.";

/** Null when the container is unknown; broken pieces are reported and left out. Any letter case. */
export function readFormatString(text: string, report: Report): FormatString | null {
  const [word = "", ...parts] = text.toLowerCase().split(":");
  if (word === "httpstream") {
    if (parts.length > 0) {
      report("must be just httpstream, without further parts");
    }
    return { type: "httpstream" };
  }
  const found = findContainer(word);
  if (found === null) {
    report(`does not begin with a known container (${nameList(CONTAINER_WORDS, "or")})`, {
      advice: containerAdvice(word),
    });
    return null;
  }
  if (found.type === "image") {
    refuseMoreParts(parts, 1, "an image format, which is container:resolution", report);
    return { ...found, specs: readTrack(parts[0] ?? "", IMAGE, found.container, report) };
  }
  return { ...found, specs: readParts(found.container, parts, report) };
}

function containerAdvice(word: string): string | undefined {
  const container = containerOfExtension(word);
  return container === null ? didYouMean(word, CONTAINER_WORDS) : `Did you mean '${container}'?`;
}

function readParts(container: Container, parts: readonly string[], report: Report): Specs {
  if (!hasPicture(container)) {
    refuseMoreParts(parts, 2, "a format of sound, which is container:audio:options", report);
    const [audio = "", options = ""] = parts;
    return { ...readTrack(audio, AUDIO, container, report), ...readOptions(options, report) };
  }
  refuseMoreParts(parts, 3, "container:video:audio:options", report);
  const [video = "", audio = "", options = ""] = parts;
  return {
    ...readTrack(video, VIDEO, container, report),
    ...readTrack(audio, AUDIO, container, report),
    ...readOptions(options, report),
  };
}

function refuseMoreParts(parts: readonly string[], most: number, form: string, report: Report): void {
  if (parts.length > most) {
    report(`has more parts than ${form}`);
  }
}

function readTrack(part: string, track: Track, container: Container | ImageContainer, report: Report): Specs {
  const specs: Specs = {};
  for (const text of part === "" ? [] : withHyphens(part).split("_")) {
    const found = readSpec(text, track);
    const before = found === null ? undefined : specs[found.name];
    if (found === null) {
      reportUnknown(text, track, container, report);
    } else if (before !== undefined) {
      report(`has two values for the ${SPEC_LABELS[found.name]}: '${before}' and '${shortened(text)}'`);
    } else {
      specs[found.name] = found.text;
    }
  }
  return specs;
}

function readSpec(text: string, { kinds }: Track): { name: SpecName; text: string } | null {
  for (const { name, read } of kinds) {
    const canonical = read(text);
    if (canonical !== null) {
      return { name, text: canonical };
    }
  }
  return null;
}

function reportUnknown(
  text: string,
  track: Track,
  container: Container | ImageContainer,
  report: Report,
): void {
  if (text === "") {
    report(`has an empty ${track.label} spec; one _ stands between two specs`);
    return;
  }
  const shown = shortened(text);
  if (track !== IMAGE && OPTIONS.some((option) => option === text.split("=")[0])) {
    report(`has option '${shown}' in its ${track.label} part`, {
      advice: "Put it behind the last colon, such as mp4:720p::quality=4.",
    });
    return;
  }
  const other = track === VIDEO ? AUDIO : VIDEO;
  if (readSpec(text, other) !== null) {
    report(misplaced(text, track, container), { advice: misplacedAdvice(text, track, container) });
    return;
  }
  const known = track.kinds.map(({ name }) => SPEC_LABELS[name]);
  report(`has an unknown ${track.label} part '${shown}' (known: ${known.join(", ")})`, {
    advice: didYouMean(text, track.words) ?? (track === AUDIO ? undefined : RESOLUTION_ADVICE),
  });
}

function misplaced(text: string, track: Track, container: Container | ImageContainer): string {
  const other = track === VIDEO ? AUDIO : VIDEO;
  return track === AUDIO && !carriesPicture(container)
    ? `has video spec '${shortened(text)}', but ${container} carries sound only`
    : `has ${other.label} spec '${shortened(text)}' in its ${track.label} part`;
}

function misplacedAdvice(text: string, track: Track, container: Container | ImageContainer): string {
  const shown = shortened(text);
  if (track === IMAGE) {
    return `Remove it: of an image format only the resolution can be set, such as ${container}:640x.`;
  }
  if (track === VIDEO) {
    return `Put it behind the second colon, such as ${container}::${shown}.`;
  }
  return carriesPicture(container)
    ? `Put it behind the first colon, such as ${container}:${shown}.`
    : `Remove it: ${container} carries sound only.${container === "ogg" ? " Ogg with a picture is ogv." : ""}`;
}

function carriesPicture(container: Container | ImageContainer): boolean {
  const found = findContainer(container);
  return found?.type === "video" && hasPicture(found.container);
}

/** Documented with `_` between options, shown with `,` in every sample; both are read. */
function readOptions(part: string, report: Report): Specs {
  const specs: Specs = {};
  for (const option of part === "" ? [] : part.split(/,|(?<!pix)_/)) {
    const [key = "", ...values] = option.split("=");
    const name = OPTIONS.find((known) => known === key);
    if (name === undefined) {
      const isSpec = readSpec(option, VIDEO) !== null || readSpec(option, AUDIO) !== null;
      report(`has an unknown option '${shortened(option)}' (known: ${OPTIONS.join(", ")})`, {
        advice: isSpec ? "Only options stand behind the last colon." : didYouMean(key, OPTIONS),
      });
    } else if (specs[name] !== undefined) {
      report(`has option '${name}' twice`);
    } else if (FLAGS.some((flag) => flag === name) !== (values.length === 0)) {
      report(
        values.length === 0
          ? `has option '${name}' without a value`
          : `gives option '${name}' a value, but it is just ${name}`,
      );
    } else {
      specs[name] = values.join("=");
    }
  }
  return specs;
}
