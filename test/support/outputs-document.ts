/** OUTPUTS.md, made of the tables that the parser and the encoder read and of the examples that the tests run. */
import { maxChannels } from "../../encoder/contract/audio-limits.ts";
import {
  AUDIO_CODEC_FACTS,
  AUDIO_CODECS,
  CONTAINERS,
  IMAGE_CONTAINERS,
  VIDEO_CODEC_FACTS,
} from "../../encoder/contract/formats.ts";
import { FRAME_RATES, RESOLUTION_PRESETS } from "../../worker/domain/format/output-presets.ts";
import { QUALITY_CRF } from "../../worker/domain/format/quality-table.ts";
import {
  FORMAT_EXAMPLES,
  IMAGE_EXAMPLES,
  PARAMETER_EXAMPLES,
  type OutputExample,
} from "./output-examples.ts";
import { IMAGE_PARAMS, OPTION_ROWS, VIDEO_PARAMS } from "./parameter-rows.ts";
import { code, codes, exampleBlock, parameterTable, table } from "./document-blocks.ts";
import { streamsSection } from "./streams-section.ts";

/** Ascending, without the zero that keeps the source's. */
function frameRateNames(): string[] {
  const rates = Object.keys(FRAME_RATES).map(Number);
  return rates
    .filter((rate) => rate > 0)
    .toSorted((one, other) => one - other)
    .map((rate) => `${rate}fps`);
}

/** The whole page. */
export function outputsDocument(): string {
  return [
    "# Outputs",
    "",
    "Everything that an entry of `outputs` can be. Made from the tables that the parser and the encoder read, and from the",
    "examples that the tests run, so it says what is so. [COMPATIBILITY.md](COMPATIBILITY.md) says where that differs from Coconut.",
    "",
    ...formatStrings(),
    ...videoParameters(),
    ...images(),
    ...streamsSection(),
    ...conditions(),
    ...quality(),
  ].join("\n");
}

function formatStrings(): string[] {
  return [
    "## Format strings",
    "",
    "An output's name says what is made: `container:video:audio:options` for video, `container:audio` for sound,",
    "`container:resolution` for images. Every part but the container may be empty or left out; within a part specs stand in any order,",
    "joined by `_`. `x` instead of a part leaves the track out, as `novideo` and `noaudio` do; `copy` takes it over as it is.",
    "",
    "```",
    "video       resolution_bitrate_codec_fps                  720p_2000k_hevc_30fps",
    "resolution  240p … 2160p, 1280x720, 1280x, x720, 0x720    a missing side or 0 follows the aspect ratio",
    "audio       codec_bitrate_samplerate_channels             aac_128k_44100hz_stereo",
    "channels    mono, stereo, multi                           multi keeps the source's as far as the codec goes",
    "options     name=value,name=value                         quality=4,maxrate=2000k",
    "```",
    "",
    "### Containers",
    "",
    "The first codec is the default. A picture without a bitrate gets its preset's, without a preset 1000k; sound gets 128k (`3gp` 32k),",
    "44100 Hz (Opus 48000 Hz) and stereo.",
    "",
    ...table(
      ["container", "file names", "video codecs", "audio codecs"],
      Object.entries(CONTAINERS).map(([name, { extensions, video, audio }]) => [
        code(name),
        codes(extensions.map((extension) => `.${extension}`)),
        video.length > 0 ? codes(video) : "–",
        codes(audio),
      ]),
    ),
    ...table(
      ["images", "file names", ""],
      Object.entries(IMAGE_CONTAINERS).map(([name, { extensions, isAnimated }]) => [
        code(name),
        codes(extensions.map((extension) => `.${extension}`)),
        isAnimated ? "moving" : "still",
      ]),
    ),
    "### Codecs",
    "",
    ...table(
      ["video", "pixel formats", "`quality`, `maxrate`", "bitrate", "`2pass`", "variable frame rate"],
      Object.entries(VIDEO_CODEC_FACTS).map(([name, facts]) => [
        code(name),
        codes(facts.pixelFormats),
        ...[facts.hasQuality, facts.hasBitrate, facts.hasTwoPasses].map((has) => (has ? "yes" : "–")),
        facts.keepsFrameTimes ? "kept" : "made constant",
      ]),
    ),
    ...table(
      ["audio", "channels", "kbit/s", "Hz"],
      AUDIO_CODECS.map((codec) => {
        const { bitrateKbps, sampleRatesHz } = AUDIO_CODEC_FACTS[codec];
        return [
          code(codec),
          `up to ${maxChannels(codec)}`,
          bitrateKbps === null ? "–" : `${bitrateKbps.min} to ${bitrateKbps.max}`,
          sampleRatesHz === null ? "any of the others'" : sampleRatesHz.join(" "),
        ];
      }),
    ),
    "### Resolutions and frame rates",
    "",
    ...table(
      ["preset", "box", "bitrate"],
      Object.entries(RESOLUTION_PRESETS).map(([name, { resolution, bitrateBps }]) => [
        code(name),
        code(`${resolution.widthPx ?? 0}x${resolution.heightPx ?? 0}`),
        `${bitrateBps / 1000}k`,
      ]),
    ),
    `Frame rates: ${codes(frameRateNames())}; \`0fps\`, like none, keeps the source's.`,
    "",
    "### Options",
    "",
    ...parameterTable("option", OPTION_ROWS),
    "### Examples",
    "",
    ...examples(FORMAT_EXAMPLES),
  ];
}

function videoParameters(): string[] {
  return [
    "## Parameters of video and sound",
    "",
    ...parameterTable("parameter", VIDEO_PARAMS),
    "The `format` hash takes `resolution`, `video_codec`, `video_bitrate`, `fps`, `audio_codec`, `audio_bitrate`, `sample_rate`,",
    "`audio_channel` and every option; its values replace those of the same kind in the output's name.",
    "",
    "### Examples",
    "",
    ...examples(PARAMETER_EXAMPLES),
  ];
}

function images(): string[] {
  return [
    "## Images",
    "",
    ...parameterTable("parameter", IMAGE_PARAMS),
    "A file name needs a number sequence such as `%02d`, `%.2d` or `#num#` when more than one file can result; numbers start at 1.",
    "Animations have 10 pictures a second; a gif is at most 500 pixels wide.",
    "",
    "### Examples",
    "",
    ...examples(IMAGE_EXAMPLES),
  ];
}

function conditions(): string[] {
  return [
    "## Conditions and variables",
    "",
    "`if` skips an output when it is false. Operators, the tightest first: `not`, `* / %`, `+ -`, `= != <> < <= > >=`, `and`, `or`;",
    "parentheses, numbers, `'text'`, `true`, `false`. Words in any letter case. An unknown variable makes its comparison false.",
    "",
    ...table(
      ["variable", "type"],
      [
        ["`input.mime_type` `input.format` `input.video_codec` `input.audio_codec`", "text"],
        ["`input.width` `input.height`", "pixels, coded, before rotation"],
        ["`input.fps` `input.ifps`", "a number, and rounded to a whole one"],
        ["`input.video_bitrate` `input.audio_bitrate`", "kbit/s"],
        ["`input.file_size` `input.duration` `input.rotation`", "bytes, whole seconds, degrees"],
        ["`input.channels` `input.sample_rate`", "0 without sound; Hz"],
        ["`input.is_hd` `input.is_audio_only`", "true or false"],
        [
          "`input.metadata.…`",
          "ffprobe's tree by dots: `format.tags.title`, `streams.0.width`, `streams.video.width`",
        ],
      ],
    ),
  ];
}

function quality(): string[] {
  const levels = [1, 2, 3, 4, 5] as const;
  return [
    "## Quality",
    "",
    "`quality` is a level from 1 to 5 of equal steps that look alike in every codec; 5 is the best. These are the encoders' constant",
    "rate factors; [DECISIONS.md](DECISIONS.md) has the measurement.",
    "",
    ...table(
      ["codec", ...levels.map(String)],
      Object.entries(QUALITY_CRF).map(([codec, crf]) => [
        code(codec),
        ...levels.map((level) => String(crf[level])),
      ]),
    ),
  ];
}

function examples(list: readonly OutputExample[]): string[] {
  return list.flatMap(({ about, outputs, echo }) =>
    exampleBlock(`${about}${echo === undefined ? "" : ` (\`format\` of the first: ${code(echo)})`}`, outputs),
  );
}
