/** Mistakes in adaptive streams. What is secret is called canary or has its digits of one kind. */
import { aPssh } from "../pssh-boxes.ts";
import type { RefusalRow } from "./refusal-row.ts";

type Fields = Record<string, unknown>;

const outputs = (fields: unknown) => ({ outputs: fields });
const stream = (fields: Fields) => outputs({ httpstream: { hls: { path: "/hls" }, ...fields } });
const hls = (fields: Fields) => stream({ hls: { path: "/hls", ...fields } });
const dash = (fields: Fields) => outputs({ httpstream: { dash: { path: "/dash", ...fields } } });

const HTTPSTREAM = "outputs.httpstream";
const KEY = "0".repeat(32);
const KEY_ID = "1".repeat(32);
const encrypted = (fields: Fields) => dash({ encryption_key: KEY, encryption_key_id: KEY_ID, ...fields });
const subtitle = (fields: Fields) =>
  stream({ subtitles: [{ url: "https://cdn.example.com/en.vtt?canary", language: "en", ...fields }] });

const subtitlePair = (second: Fields) =>
  stream({
    subtitles: [
      { url: "https://cdn.example.com/a.vtt?canary", language: "en", default: true },
      { url: "https://cdn.example.com/b.vtt?canary", language: "en", ...second },
    ],
  });

const param = (field: string, overrides: Fields, text?: string): RefusalRow => [
  "output_param_not_valid",
  field === "" ? HTTPSTREAM : `${HTTPSTREAM}.${field}`,
  overrides,
  ...(text === undefined ? ([] as const) : ([text] as const)),
];

const PACKAGES: RefusalRow[] = [
  [
    "output_must_have_one_parameter",
    HTTPSTREAM,
    outputs({ httpstream: [] }),
    'has no parameters. Give at least "hls": {"path": "/hls"} or "dash": {"path": "/dash"}.',
  ],
  param("", outputs({ httpstream: { path: "/v" } }), "has neither hls nor dash. Give"),
  param("hls", stream({ hls: true }), "must be an object."),
  param("dash", stream({ dash: "/dash" }), 'must be an object. Write {"path": "/dash"}.'),
  param("hlss", stream({ hlss: {} }), "Did you mean 'hls'?"),
  ...[2, 8, 4.5, "4"].map((version) => param("hls.version", hls({ version }), "must be 3, 4, 5, 6 or 7.")),
  param("hls.segment", hls({ segment: 2 }), "is not a parameter of hls."),
  param("hls.live_edg", hls({ live_edg: true }), "Did you mean 'live_edge'?"),
  param("hls.live_edge", hls({ live_edge: "yes" }), "must be true or false."),
  param("live_edge", stream({ live_edge: true }), "is not a parameter of an httpstream output."),
  param("dash.live_edge", dash({ live_edge: true }), "is not a parameter of dash."),
  param("dash.thumbnails", dash({ thumbnails: true }), "is not a parameter of dash."),
  param("dash.hlsfmp4", dash({ hlsfmp4: 1 }), "must be true or false."),
  param("playlist_name", stream({ playlist_name: "a/b" })),
  param("playlist_name", stream({ playlist_name: "master.m3u8" }), "without its extension."),
  ["output_path_not_valid", `${HTTPSTREAM}.hls.path`, hls({ path: null }), "hls.path is missing."],
  ["output_path_not_valid", `${HTTPSTREAM}.dash.path`, dash({ path: undefined }), "dash.path is missing."],
  ["output_path_not_valid", `${HTTPSTREAM}.hls.path`, hls({ path: "/../hls" })],
  ["output_path_not_valid", `${HTTPSTREAM}.path`, stream({ path: "a\\b" })],
  ...[
    { dash: { path: "hls/", hlsfmp4: true } },
    { dash: { path: "/hls" }, subtitles: "all" },
    { dash: { path: "/hls/media-1" } },
    { dash: { path: "/" }, hls: { path: "/video/hls" } },
  ].map((fields): RefusalRow => [
    "output_path_not_valid",
    `${HTTPSTREAM}.dash.path`,
    stream(fields),
    "leads to files that hls.path leads to as well. Give each package a folder of its own",
  ]),
  [
    "output_path_not_valid",
    "outputs.jpg.path",
    {
      outputs: {
        httpstream: { dash: { path: "/" }, subtitles: ["en"] },
        jpg: { path: "/text/en-1/a.jpg", vtt: { filename: "subtitles.vtt" } },
      },
    },
    "inside a stream's package",
  ],
];

const KEYS: RefusalRow[] = [
  ...["canary", `${KEY}0`, KEY.replace("0", "g"), 5, ""].map((key) =>
    param(
      "hls.encryption_key",
      hls({ encryption_key: key, encryption_key_uri: "https://keys.example.com/1" }),
      "hls.encryption_key must be the 16 bytes of a key in 32 hexadecimal digits.",
    ),
  ),
  param(
    "hls.encryption_key_uri",
    hls({ encryption_key_uri: "https://a.example.com/k?canary" }),
    "needs a key.",
  ),
  param(
    "hls.encryption_key_uri",
    hls({ encryption: true, encryption_key_uri: "https://a.example.com/" }),
    "that only this service knows",
  ),
  ...["data:text/plain;canary", "key.bin", "skd://key", "https://", 'https://a.example.com/a"b'].map((uri) =>
    param("hls.encryption_key_uri", hls({ encryption_key: KEY, encryption_key_uri: uri })),
  ),
  param("hls.encryption", hls({ encryption: "canary" }), "must be true, false or an object."),
  param("hls.encryption", hls({ encryption: true, encryption_key: KEY }), "Keep one of"),
  param("hls.encryption", hls({ encryption: false, encryption_key: KEY }), "says no, but a key is given"),
  param("hls.encryption.rotate_every", hls({ encryption: {} }), "is missing."),
  ...[0, 1.5, "5", 10_001].map((segments) =>
    param("hls.encryption.rotate_every", hls({ encryption: { rotate_every: segments } })),
  ),
  param("hls.encryption.every", hls({ encryption: { every: 5, rotate_every: 5 } }), "is not a parameter"),
  param("hls_encryption_key", stream({ hls_encryption_key: "canary" }), "must be the 16 bytes of a key"),
  param(
    "hls_encryption_key",
    stream({ hls: { path: "/hls", encryption_key: KEY }, hls_encryption_key: KEY }),
    "Keep outputs.httpstream.hls.encryption_key and remove the other.",
  ),
  param("dash_encryption_key", stream({ dash_encryption_key: KEY }), "belongs to dash. Give dash too"),
  param("dash.encryption", dash({ encryption: true }), "Did you mean 'encryption_key'?"),
  param("dash.encryption_key", dash({ encryption_key: KEY }), "needs an encryption_key_id. Give the id"),
  param("dash.encryption_key_id", dash({ encryption_key_id: KEY_ID }), "has no meaning without a key."),
  param("dash.clearkey_laurl", dash({ clearkey_laurl: "https://a.example.com" }), "has no meaning without"),
  param("dash.encryption_key_id", encrypted({ encryption_key_id: "canary" }), "or a UUID."),
  param("dash.encryption_key_id", encrypted({ encryption_key_id: KEY }), "is the key itself. Everybody can"),
  param("dash.encryption_scheme", encrypted({ encryption_scheme: "cens" }), 'must be "cenc" or "cbcs".'),
  ...["widevine_laurl", "playready_laurl", "clearkey_laurl"].map((name) =>
    param(`dash.${name}`, encrypted({ [name]: "ftp://u:canary@a.example.com" }), "must start with https://"),
  ),
  param(
    "dash.fairplay_key_uri",
    encrypted({ fairplay_key_uri: "skd://1", encryption_scheme: "cbcs" }),
    'has an effect in HLS playlists only. Write "hlsfmp4": true too, or remove it.',
  ),
  param(
    "dash.fairplay_key_uri",
    encrypted({ fairplay_key_uri: "skd://1", hlsfmp4: true }),
    'Write "encryption_scheme": "cbcs".',
  ),
  param("dash.fairplay_key_uri", encrypted({ fairplay_key_uri: "data:canary" }), "skd:// or https://"),
  ...[
    ["canary", "must be base64."],
    ["Y2FuYXJ5", "is not a pssh box."],
    [aPssh("playready"), "is a pssh box of another system than Widevine."],
    [7, "must be a string."],
  ].map(([pssh, text]) => param("dash.widevine_pssh", encrypted({ widevine_pssh: pssh }), String(text))),
  param("dash.playready_pssh", encrypted({ playready_pssh: aPssh("widevine") }), "than PlayReady."),
];

const TRACKS: RefusalRow[] = [
  param("audio_tracks", stream({ audio_tracks: "en" }), 'must be "all" or a list.'),
  param("audio_tracks", stream({ audio_tracks: [] }), "must have 1 to 64 entries."),
  ...["english", "e", "", "en_US", 5].map((language) =>
    param("audio_tracks[1]", stream({ audio_tracks: ["de", language] }), "must be a language."),
  ),
  param(
    "audio_tracks",
    stream({ hls: { path: "/h", version: 3 }, audio_tracks: "all" }),
    'which HLS version 3 cannot offer. Write "version": 4 in hls',
  ),
  param("audio_tracks", stream({ hls: { path: "/h", version: 3 }, audio_tracks: ["en", "de"] })),
  param("subtitles", stream({ hls: { path: "/h", version: 3 }, subtitles: "all" }), "asks for subtitles"),
  param(
    "audio_tracks",
    stream({ variants: ["mp4:480p:x"], audio_tracks: "all" }),
    "has no effect on a stream without sound.",
  ),
  ...Object.entries({ fit: "crop", transpose: 1, deinterlace: true }).map(([name, value]) =>
    param(
      name,
      stream({ variants: ["mp4:x:64k"], [name]: value }),
      "has no effect on a stream without video.",
    ),
  ),
  param("offset", stream({ offset: -1 })),
  param("duration", stream({ duration: 0 })),
  param("watermark.url", stream({ watermark: { url: "http://10.0.0.1/a.png?canary" } })),
  param("subtitles", stream({ subtitles: true }), 'must be "all" or a list.'),
  param("subtitles[0]", stream({ subtitles: [5] }), "must be a language or an object."),
  param("subtitles[1]", stream({ subtitles: ["en", "english"] }), "must be a language."),
  param(
    "subtitles[0]",
    stream({ subtitles: ["all", "en"] }),
    "already stands for every track of the source.",
  ),
  param("subtitles[0].url", subtitle({ url: undefined }), "is missing."),
  param(
    "subtitles[0].url",
    subtitle({ url: "http://127.0.0.1/a.vtt?canary" }),
    "private or reserved address",
  ),
  param("subtitles[0].url", subtitle({ url: "https://u:canary@" }), "is not a valid URL."),
  param("subtitles[0].language", subtitle({ language: null }), "is missing."),
  param("subtitles[0].language", subtitle({ language: "english" }), "must be a language."),
  param("subtitles[0].name", subtitle({ name: 'The "Best"' }), "without quotes"),
  param("subtitles[0].default", subtitle({ default: 1 }), "must be true or false."),
  param("subtitles[0].lang", subtitle({ lang: "en" }), "Did you mean 'language'?"),
  param("subtitles", subtitlePair({}), "has two files of one name"),
  param("subtitles", subtitlePair({ name: "B", default: true }), "has more than one default."),
];

const variants = (field: string, overrides: Fields, text?: string): RefusalRow => [
  "output_variants_not_valid",
  `${HTTPSTREAM}.${field}`,
  overrides,
  ...(text === undefined ? ([] as const) : ([text] as const)),
];

const VARIANTS: RefusalRow[] = [
  variants("variants", stream({ variants: "mp4:480p" }), "must be a list of formats."),
  variants("variants", stream({ variants: [] }), "must have 1 to 12 entries."),
  variants("variants", stream({ variants: Array(13).fill("mp4:480p") })),
  variants(
    "variants",
    stream({ variants: ["mp4"], hls: { path: "/hls", variants: ["mp4"] } }),
    "are given twice.",
  ),
  variants("variants", stream({ variants: ["mp4"], dash: { path: "/d", variants: ["mp4"] } })),
  variants(
    "variants[1]",
    stream({ variants: ["mp4:480p", "mp4:vp9"] }),
    "but a variant has h264, hevc or av1",
  ),
  variants("variants[0]", stream({ variants: ["mp4::mp3"] }), "but a variant has aac"),
  variants(
    "hls.variants[0]",
    hls({ variants: ["webm"] }),
    "is in webm, but a variant must be an mp4 format.",
  ),
  variants("variants[0]", stream({ variants: [480] }), "must be a string."),
  variants(
    "variants[1]",
    stream({ variants: ["mp4:480p", "mp4:av1_480p"] }),
    'is av1, which the MPEG-TS segments of hls cannot carry. Use "dash": {"path": "/dash", "hlsfmp4": true} instead',
  ),
];

export const STREAM_REFUSALS: RefusalRow[] = [...PACKAGES, ...KEYS, ...TRACKS, ...VARIANTS];
