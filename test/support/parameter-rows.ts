/** What OUTPUTS.md says of every parameter; the names are compared with those that the parser takes. */

export type ParamRow = { values: string; default: string; about: string };

const SHARED = {
  path: {
    values: "text",
    default: "–",
    about: "Where the file goes, with its name; `{{ variables }}` are filled in",
  },
  key: {
    values: "text",
    default: "the output's name; in a list `name:1`, `name:2` …",
    about: "What answers, webhooks and metadata call the output",
  },
  if: { values: "a condition", default: "–", about: "Skips the output when it is false" },
  format: { values: "an object", default: "–", about: "Specs that replace those of the output's name" },
} as const;

const PICTURE = {
  fit: {
    values: "`pad` `crop`",
    default: "`pad`",
    about: "Bars or cropping when both sides are fixed and the shape is another",
  },
  transpose: {
    values: "0 1 2 3",
    default: "–",
    about: "A quarter turn: 0 left and flipped, 1 right, 2 left, 3 right and flipped",
  },
  vflip: { values: "true false", default: "false", about: "Upside down" },
  hflip: { values: "true false", default: "false", about: "Mirrored" },
  watermark: {
    values: "`{url, position}`",
    default: "–",
    about:
      "A PNG or JPEG in `topleft`, `topright`, `bottomleft` or `bottomright`, at most a fifth of the frame, 5 % from its edges",
  },
} as const;

export const VIDEO_PARAMS: Readonly<Record<string, ParamRow>> = {
  ...SHARED,
  offset: { values: "whole seconds", default: "0", about: "Where it begins, to the frame" },
  duration: { values: "whole seconds", default: "to the end", about: "How long it is" },
  ...PICTURE,
  deinterlace: { values: "true false", default: "what the source says", about: "All frames, or none" },
};

export const IMAGE_PARAMS: Readonly<Record<string, ParamRow>> = {
  ...SHARED,
  number: { values: "1 to 100", default: "1", about: "So many pictures, evenly spread" },
  offsets: { values: "a list of seconds", default: "–", about: "Pictures of these moments" },
  interval: {
    values: "whole seconds",
    default: "–",
    about: "A picture every so often; 0: 2 to 30 s by the duration",
  },
  sprite: {
    values: "true or `{limit, columns}`",
    default: "–",
    about: "Tiles in one file, or `limit` in each; 4 columns",
  },
  vtt: {
    values: "true or `{filename}`",
    default: "–",
    about: "A WebVTT file whose cues lead to the pictures, listed last",
  },
  square: { values: "true false", default: "false", about: "Cropped to a square as wide as the resolution" },
  blur: { values: "1 to 5", default: "–", about: "How blurred" },
  scene: {
    values: "`{number, duration}`",
    default: "1 of 5 s",
    about: "Of gif and webp_anim: up to 10 excerpts of up to 30 seconds each, 60 in all",
  },
  ...PICTURE,
};

export const OPTION_ROWS: Readonly<Record<string, ParamRow>> = {
  quality: { values: "1 to 5", default: "–", about: "Constant [quality](#quality) instead of a bitrate" },
  maxrate: { values: "`2000k`", default: "–", about: "Ceiling of the rate; only with `quality`" },
  "2pass": { values: "", default: "off", about: "Looks at everything before it spends a bit" },
  vprofile: {
    values: "`baseline` `main` `high` `high10` `high422` `high444`; ProRes `0` to `3`",
    default: "what the pixel format needs",
    about: "Profile",
  },
  level: { values: "`10` to `51`", default: "the lowest that fits", about: "Level of H.264 and HEVC" },
  pix_fmt: { values: "see the codecs", default: "the codec's first", about: "Pixel format" },
  frag: { values: "", default: "off", about: "Fragmented MP4" },
  metadata: {
    values: "`0` `1`",
    default: "`1`",
    about: "`0` leaves the source's titles, dates and languages out",
  },
};
