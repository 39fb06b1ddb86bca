/**
 * Adaptive streams as a customer writes them and what must come out: the examples of OUTPUTS.md, which the e2e tier runs.
 * They all are of one source: 640x360 at 25 fps, 4 s long, with stereo sound.
 */
import type { PackageFormat } from "../../encoder/contract/stream.ts";
import { WATERMARK_PLACEHOLDER } from "./output-examples.ts";

export type StreamExample = {
  about: string;
  outputs: { httpstream: object };
  /** In the order of the job's URLs. */
  packages: readonly PackageFormat[];
  /** Of the pictures in every package, in the order of its manifest. */
  heights: readonly number[];
  seconds: number;
  /** False: its keys are with servers that the example makes up. */
  isPlayable: boolean;
  /** What files say, by their path from the first manifest. */
  says?: readonly { file: string; text: string }[];
};

/** Stands for the address of a WebVTT file. */
export const SUBTITLES_PLACEHOLDER = "https://example.com/film.de.vtt";

const LADDER = ["mp4:x:64k", "mp4:240p::quality=3,maxrate=400k", "mp4:360p::quality=3,maxrate=800k"];

/** Of Widevine, with the key id of the examples. */
const WIDEVINE_PSSH = "AAAAMnBzc2gAAAAA7e+LqXnWSs6jyCfc1R0h7QAAABISEKfmHDc+IZAzwhCR+mB787g=";

const WHOLE = { seconds: 4, isPlayable: true } as const;

export const STREAM_EXAMPLES: readonly StreamExample[] = [
  {
    ...WHOLE,
    about: "HLS over MPEG-TS, and DASH and HLS over one set of fragmented MP4, with the default ladder",
    outputs: { httpstream: { hls: { path: "/hls" }, dash: { path: "/dash", hlsfmp4: true } } },
    packages: ["hls", "dash", "hlsfmp4"],
    heights: [240, 360],
  },
  {
    ...WHOLE,
    about: "HLS version 3 for players of the last decade, with a ladder and names of its own",
    outputs: {
      httpstream: {
        key: "old",
        path: "/streams",
        playlist_name: "index",
        variants: LADDER,
        hls: { path: "/v3", version: 3 },
      },
    },
    packages: ["hls"],
    heights: [240, 360],
    says: [{ file: "index.m3u8", text: "#EXT-X-VERSION:3" }],
  },
  {
    ...WHOLE,
    about: "HEVC: `hlsfmp4` for Apple's players, which take no HEVC in MPEG-TS, and `hls` for others",
    outputs: {
      httpstream: {
        hls: { path: "/hls" },
        dash: { path: "/dash", hlsfmp4: true },
        variants: ["mp4:hevc_240p::quality=3", "mp4:hevc_360p::quality=3"],
      },
    },
    packages: ["hls", "dash", "hlsfmp4"],
    heights: [240, 360],
    says: [{ file: "master.m3u8", text: 'CODECS="hvc1.' }],
  },
  {
    ...WHOLE,
    about: "AV1 needs fragmented MP4",
    outputs: {
      httpstream: { dash: { path: "/dash", hlsfmp4: true }, variants: ["mp4:av1_240p::quality=3"] },
    },
    packages: ["dash", "hlsfmp4"],
    heights: [240],
    says: [{ file: "master.mpd", text: 'codecs="av01.' }],
  },
  {
    ...WHOLE,
    about: "A part of the source, cropped and marked, unless it is tall",
    outputs: {
      httpstream: {
        if: "{{ input.width }} > {{ input.height }}",
        dash: { path: "/trailer" },
        variants: ["mp4:320x240_500k"],
        offset: 1,
        duration: 2,
        fit: "crop",
        watermark: { url: WATERMARK_PLACEHOLDER, position: "bottomright" },
      },
    },
    packages: ["dash"],
    heights: [240],
    seconds: 2,
  },
  {
    ...WHOLE,
    about: "A playlist that grows while the rest is encoded",
    outputs: { httpstream: { hls: { path: "/live", live_edge: true }, variants: LADDER } },
    packages: ["hls"],
    heights: [240, 360],
    says: [{ file: "media-1/stream.m3u8", text: "#EXT-X-ENDLIST" }],
  },
  {
    ...WHOLE,
    about: "Every language of the source, and subtitles from a file",
    outputs: {
      httpstream: {
        hls: { path: "/hls" },
        dash: { path: "/dash", hlsfmp4: true },
        variants: LADDER,
        audio_tracks: "all",
        subtitles: [
          { url: SUBTITLES_PLACEHOLDER, language: "de", name: "Deutsch", default: true, forced: false },
        ],
      },
    },
    packages: ["hls", "dash", "hlsfmp4"],
    heights: [240, 360],
    says: [
      { file: "master.m3u8", text: 'TYPE=SUBTITLES,GROUP-ID="subtitles",LANGUAGE="de",NAME="Deutsch"' },
      { file: "../dash/master.mpd", text: 'lang="de"' },
    ],
  },
  {
    ...WHOLE,
    about: "AES-128 with keys that the service makes, a new one every ten segments",
    outputs: {
      httpstream: { hls: { path: "/hls", encryption: { rotate_every: 10 } }, variants: LADDER },
    },
    packages: ["hls"],
    heights: [240, 360],
    says: [{ file: "media-1/stream.m3u8", text: '#EXT-X-KEY:METHOD=AES-128,URI="../keys/0.key"' }],
  },
  {
    ...WHOLE,
    about: "AES-128 with a key of your own, which your server gives to whom it likes",
    outputs: {
      httpstream: {
        hls: {
          path: "/hls",
          encryption_key: "7f0a3be1c5d94628b7e0a1c2d3e4f506",
          encryption_key_uri: "https://keys.example.com/film-7",
        },
        variants: LADDER,
      },
    },
    packages: ["hls"],
    heights: [240, 360],
    isPlayable: false,
    says: [{ file: "media-1/stream.m3u8", text: 'METHOD=AES-128,URI="https://keys.example.com/film-7"' }],
  },
  {
    ...WHOLE,
    about: "Common encryption for Widevine, PlayReady and clear keys",
    outputs: {
      httpstream: {
        dash: {
          path: "/dash",
          encryption_key: "7f0a3be1c5d94628b7e0a1c2d3e4f506",
          encryption_key_id: "a7e61c37-3e21-9033-c210-91fa607bf3b8",
          widevine_pssh: WIDEVINE_PSSH,
          widevine_laurl: "https://license.example.com/widevine",
          playready_laurl: "https://license.example.com/playready",
          clearkey_laurl: "https://license.example.com/clearkey",
        },
        variants: LADDER,
      },
    },
    packages: ["dash"],
    heights: [240, 360],
    isPlayable: false,
    says: [
      { file: "master.mpd", text: 'cenc:default_KID="a7e61c37-3e21-9033-c210-91fa607bf3b8"' },
      { file: "master.mpd", text: WIDEVINE_PSSH },
      { file: "master.mpd", text: "https://license.example.com/playready" },
    ],
  },
  {
    ...WHOLE,
    about: "The same media for Apple's players too: the scheme cbcs, and FairPlay in the playlists",
    outputs: {
      httpstream: {
        dash: {
          path: "/dash",
          hlsfmp4: true,
          encryption_scheme: "cbcs",
          encryption_key: "7f0a3be1c5d94628b7e0a1c2d3e4f506",
          encryption_key_id: "a7e61c373e219033c21091fa607bf3b8",
          widevine_pssh: WIDEVINE_PSSH,
          fairplay_key_uri: "skd://film-7",
        },
        variants: LADDER,
      },
    },
    packages: ["dash", "hlsfmp4"],
    heights: [240, 360],
    isPlayable: false,
    says: [
      { file: "master.mpd", text: 'value="cbcs"' },
      { file: "video/avc1/1/stream.m3u8", text: 'METHOD=SAMPLE-AES,URI="skd://film-7"' },
    ],
  },
];
