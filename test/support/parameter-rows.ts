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

const SPAN = {
  offset: { values: "whole seconds", default: "0", about: "Where it begins, to the frame" },
  duration: { values: "whole seconds", default: "to the end", about: "How long it is" },
} as const;

const DEINTERLACE = { values: "true false", default: "what the source says", about: "All frames, or none" };

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
  ...SPAN,
  ...PICTURE,
  deinterlace: DEINTERLACE,
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

export const STREAM_PARAMS: Readonly<Record<string, ParamRow>> = {
  path: { values: "text", default: "`/`", about: "Folder of the packages; `{{ variables }}` are filled in" },
  key: { ...SHARED.key, default: "`httpstream`; in a list `httpstream:1` …" },
  if: SHARED.if,
  playlist_name: {
    values: "a file name without its extension",
    default: "`master`",
    about: "What every master playlist and manifest is called",
  },
  variants: {
    values: "a list of formats",
    default: "[the ladder](#ladder)",
    about: "What is encoded, up to 12",
  },
  hls: { values: "[an object](#parameters-of-hls)", default: "–", about: "HLS over MPEG-TS" },
  dash: {
    values: "[an object](#parameters-of-dash)",
    default: "–",
    about: "Fragmented MP4 under DASH, and HLS",
  },
  audio_tracks: {
    values: '`"all"`, or a list of languages',
    default: "the default track",
    about: "[Which audio tracks](#languages-and-subtitles) of the source",
  },
  subtitles: {
    values: '`"all"`, or a list of languages and files',
    default: "none",
    about: "[Which subtitles](#languages-and-subtitles)",
  },
  ...SPAN,
  ...PICTURE,
  deinterlace: DEINTERLACE,
};

export const HLS_PARAMS: Readonly<Record<string, ParamRow>> = {
  path: { values: "text", default: "–", about: "Folder of the package, below the output's `path`" },
  version: { values: "3 4 5 6 7", default: "4", about: "Of the protocol; see [versions](#versions-of-hls)" },
  live_edge: {
    values: "true false",
    default: "false",
    about: "[Playable while it is encoded](#playable-while-encoding)",
  },
  encryption: {
    values: "true, or `{rotate_every}` with 1 to 10000 segments",
    default: "off",
    about: "AES-128 with [keys that the service makes](#encryption)",
  },
  encryption_key: { values: "32 hexadecimal digits", default: "–", about: "AES-128 with this key" },
  encryption_key_uri: {
    values: "an http or https URL",
    default: "beside the media",
    about: "Where players get `encryption_key`",
  },
  variants: { values: "a list of formats", default: "–", about: "The same as beside `hls`" },
};

const LICENSE = { values: "an http or https URL", default: "–" };

export const DASH_PARAMS: Readonly<Record<string, ParamRow>> = {
  path: { values: "text", default: "–", about: "Folder of the package, below the output's `path`" },
  hlsfmp4: { values: "true false", default: "false", about: "HLS playlists over the same media, too" },
  encryption_key: {
    values: "32 hexadecimal digits",
    default: "–",
    about: "[Common encryption](#encryption) with this key",
  },
  encryption_key_id: {
    values: "32 hexadecimal digits or a UUID",
    default: "–",
    about: "By which licence servers know the key; needed with it",
  },
  encryption_scheme: {
    values: "`cenc` `cbcs`",
    default: "`cenc`",
    about: "AES-CTR, or the AES-CBC that Apple's players need",
  },
  widevine_pssh: {
    values: "a `pssh` box in base64",
    default: "made of the key id",
    about: "Widevine's header",
  },
  widevine_laurl: { ...LICENSE, about: "Widevine's licence server" },
  playready_pssh: {
    values: "a `pssh` box in base64",
    default: "made of the key id",
    about: "PlayReady's header",
  },
  playready_laurl: { ...LICENSE, about: "PlayReady's licence server" },
  fairplay_key_uri: {
    values: "an skd or https URL",
    default: "–",
    about: "FairPlay's key, in HLS playlists: with `hlsfmp4` and `cbcs` only",
  },
  clearkey_laurl: { ...LICENSE, about: "Server of W3C clear keys" },
  variants: { values: "a list of formats", default: "–", about: "The same as beside `dash`" },
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
