/** What OUTPUTS.md says of adaptive streams. */
import { HLS_VERSIONS, SEGMENT_SECONDS, TRANSPORT_OFFSET_SECONDS } from "../../encoder/contract/stream.ts";
import { DEFAULT_VARIANTS } from "../../worker/domain/format/output-presets.ts";
import { code, exampleBlock, parameterTable, table } from "./document-blocks.ts";
import { DASH_PARAMS, HLS_PARAMS, STREAM_PARAMS } from "./parameter-rows.ts";
import { STREAM_EXAMPLES } from "./stream-examples.ts";

const VERSION_NOTES: Readonly<Record<(typeof HLS_VERSIONS)[number], string>> = {
  3: "plain playlists: one sound, no subtitles, no keyframe playlists",
  4: "and keyframe playlists for trick play, other languages, subtitles",
  5: "as 4",
  6: "as 4",
  7: "as 4",
};

export function streamsSection(): string[] {
  return [
    "## Adaptive streams",
    "",
    "`httpstream` encodes one ladder of variants and packages it for players that switch between them: as HLS over MPEG-TS (`hls`), as",
    "fragmented MP4 under a DASH manifest (`dash`), and as HLS over that same fragmented MP4 (`dash` with `hlsfmp4`). Any mix of them is",
    "one encode. An output has at least one of `hls` and `dash`; a list of outputs makes several streams.",
    "",
    ...parameterTable("parameter", STREAM_PARAMS),
    "### Parameters of hls",
    "",
    ...parameterTable("parameter", HLS_PARAMS),
    "### Parameters of dash",
    "",
    ...parameterTable("parameter", DASH_PARAMS),
    "The flat names of Coconut's first API, `hls_` or `dash_` before the name, are taken beside and inside the two objects, such as",
    "`dash_widevine_pssh`.",
    "",
    ...packages(),
    ...ladder(),
    ...tracks(),
    ...encryption(),
    "### Playable while encoding",
    "",
    "With `hls.live_edge` the playlists of `hls` are published as soon as the first stretch of the source is encoded, and grow from",
    "stretch to stretch (`#EXT-X-PLAYLIST-TYPE:EVENT`) until the end turns them into ordinary ones. The output has its `urls` from then on,",
    "and with `notification.events` there is an event `output.playable`. Sources that are too short to be cut into chunks come whole.",
    "When such an output fails after all, its playlists stay as they are: players wait for more until they give up.",
    "",
    "### Examples",
    "",
    ...STREAM_EXAMPLES.flatMap(({ about, outputs }) => exampleBlock(about, outputs)),
  ];
}

function packages(): string[] {
  return [
    "### Packages",
    "",
    "```",
    "hls.path/                                 dash.path/",
    "  master.m3u8                               master.mpd",
    "  media-1/stream.m3u8                       master.m3u8                          with hlsfmp4",
    "  media-1/iframes.m3u8     from version 4   video/avc1/1/init.mp4                hvc1, av01",
    "  media-1/segment-0.ts                      video/avc1/1/seg-0.m4s               named after their start",
    "  media-2/…                                 video/avc1/1/{stream,iframes}.m3u8   with hlsfmp4",
    "  text/en-1/subtitles.vtt                   audio/en/mp4a.40.2/1/…               und without a language",
    "  keys/0.key               AES-128          text/en-1/subtitles.vtt",
    "```",
    "",
    ...table(
      ["`format` in `urls`", "asked for with", "manifest", "segments"],
      [
        ["`hls`", "`hls`", "`master.m3u8`", "MPEG-TS, each with its sound"],
        ["`dash`", "`dash`", "`master.mpd`", "fragmented MP4, sound apart"],
        ["`hlsfmp4`", "`dash` with `hlsfmp4`", "`master.m3u8` in `dash.path`", "the same, HLS version 7"],
      ],
    ),
    `Segments are ${SEGMENT_SECONDS} s long, one group of pictures each: every one begins with a keyframe, at the same time in every variant.`,
    `Times start at 0 in fragmented MP4 and at ${TRANSPORT_OFFSET_SECONDS} s in MPEG-TS, and are equal otherwise. Media is published before the`,
    "playlists that name it, and master playlists and manifests come last, so that a player never finds a name without a file. Media",
    "may be cached for a day, manifests for a minute, unless `storage` says otherwise: who encodes a stream anew under the same path",
    "shortens that with `storage.cache_control`, or takes another path. The two packages of an output, and those of several, need",
    "folders that share no file.",
    "",
    "When the job has an image output with `sprite` whose times are evenly spaced from 0 on, the MPD of a stream without `offset` offers",
    "its tiles as thumbnails (`http://dashif.org/guidelines/thumbnail_tile`).",
    "",
    "### Versions of HLS",
    "",
    ...table(
      ["`version`", ""],
      HLS_VERSIONS.map((version) => [code(version), VERSION_NOTES[version]]),
    ),
  ];
}

function ladder(): string[] {
  return [
    "### Ladder",
    "",
    "A variant is an `mp4` format: `h264`, `hevc` or `av1` (not in `hls`, whose segments have no place for it), `novideo`, `aac`, `noaudio`, with every",
    "option but `frag` and `metadata=1`. A preset is a height there, so that all variants have one shape. The default ladder:",
    "",
    "```",
    ...DEFAULT_VARIANTS,
    "```",
    "",
    "Variants larger than the upright source are left out; where that leaves no picture, the smallest variant is made in the source's size.",
    "Variants without a picture come last in HLS. A source without sound loses those, a source without a picture keeps the sounds.",
    "In streams with a picture, sound that ends before the picture is followed by silence, and up to a second of sound behind the picture",
    "is cut. Longer sound is kept whole.",
    "Apple's players take HEVC in fragmented MP4 only (`hlsfmp4`).",
    "",
  ];
}

function tracks(): string[] {
  return [
    "### Languages and subtitles",
    "",
    '`audio_tracks` offers tracks of the source beside its default one: `"all"`, or languages such as `["en", "de"]`. `subtitles` does so with its',
    "text tracks (SubRip, WebVTT, mov_text, ASS; not pictures of text), and with files of your own in the same list:",
    "",
    ...table(
      ["key of a file", "values", "default", ""],
      [
        ["`url`", "an http or https URL", "–", "WebVTT, SubRip or ASS"],
        ["`language`", "a language", "–", ""],
        ["`name`", "text", "the English name of the language", "What players show; each file needs its own"],
        ["`default`", "true false", "false", "Shown from the start; of one file at most"],
        ["`forced`", "true false", "false", "Shown to those who have no subtitles on"],
      ],
    ),
    "Languages are BCP 47 tags or ISO 639-2 codes and match by their first part: `pt` and `por` also take `pt-BR`. Asking for languages of",
    "which the source has none is an error of the output. HLS version 3 has neither subtitles nor a second sound.",
    "",
  ];
}

function encryption(): string[] {
  return [
    "### Encryption",
    "",
    "`hls` is encrypted by AES-128 over whole segments; the number of a segment is its initialization vector. With `encryption_key` it is your key, for",
    "players to find at `encryption_key_uri`. With `encryption` the service makes the key, or a new one every `rotate_every` segments. Keys without an",
    "address of their own lie beside the media in `keys/`: that keeps segments unreadable for those who only have segments, and no one else.",
    "",
    "`dash` is encrypted by Common Encryption with one key for all tracks, `cenc` or `cbcs`; `hlsfmp4` then refers to the same systems. Signalling is all that",
    "Copra does for Widevine, PlayReady and FairPlay: the licence servers are yours. Without any system, players are given the key id and need",
    "the key from the page that they are on: Shaka Player by `drm.clearKeys` (over HLS with `manifest.ignoreDrmInfo`), hls.js over HLS by a server",
    "of clear keys (`drmSystems`). Each package has its own parameters, and neither is encrypted by",
    "those of the other. Keys are kept sealed and are wiped at the end of the job; no answer, log or message shows them.",
    "",
  ];
}
