/**
 * Outputs as a customer writes them and what must come out: the examples of OUTPUTS.md, which the e2e tier runs. They
 * all are of one source: 640x360 at 25 fps, 4 s long, with stereo sound.
 */

/** What ffprobe has to say of a file. Whatever is not named is not compared. */
export type ExpectedFile = {
  /** ffprobe's codec, size and so on; null: there is no picture. */
  video?: {
    codec: string;
    width?: number;
    height?: number;
    fps?: string;
    profile?: string;
    pixelFormat?: string;
  } | null;
  /** Null: there is no sound. */
  audio?: { codec: string; channels?: number; sampleRateHz?: number } | null;
  /** Within a frame of video, or 0.1 s of sound alone. */
  seconds?: number;
};

export type OutputExample = {
  about: string;
  outputs: Record<string, object | object[]>;
  /** One per file, in the order of the job's URLs. */
  files: ExpectedFile[];
  /** The `format` that the job echoes when it is not the key. */
  echo?: string;
};

/** `{{watermark}}` stands for the address of a PNG. */
export const WATERMARK_PLACEHOLDER = "https://example.com/logo.png";

const H264 = { codec: "h264", pixelFormat: "yuv420p" };
const AAC = { codec: "aac", channels: 2, sampleRateHz: 44_100 };

const picture = (codec: string, width: number, height: number) => ({
  video: { codec, width, height },
  audio: null,
});
const jpg = (width: number, height: number): ExpectedFile => picture("mjpeg", width, height);
const times = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value);

export const FORMAT_EXAMPLES: readonly OutputExample[] = [
  {
    about: "A preset, everything else as the container's defaults say",
    outputs: { "mp4:720p": { path: "/720p.mp4" } },
    files: [{ video: { ...H264, width: 1280, height: 720, profile: "High" }, audio: AAC, seconds: 4 }],
  },
  {
    about: "Picture and sound in every detail; the order within a part is free",
    outputs: { "mp4:hevc_1500k_480p_30fps:mono_96k_22050hz_aac": { path: "/all.mp4" } },
    files: [
      {
        video: { codec: "hevc", height: 480, fps: "30/1" },
        audio: { codec: "aac", channels: 1, sampleRateHz: 22_050 },
        seconds: 4,
      },
    ],
  },
  {
    about: "A width alone, the height follows",
    outputs: { "mp4:320x": { path: "/320.mp4" } },
    files: [{ video: { ...H264, width: 320, height: 180 } }],
  },
  {
    about: "Without sound (`x` or `noaudio`), and without picture (`x` or `novideo`)",
    outputs: { "mp4:360p:x": { path: "/silent.mp4" }, "mp4:x:64k": { path: "/sound.mp4" } },
    files: [
      { video: H264, audio: null },
      { video: null, audio: { codec: "aac" } },
    ],
  },
  {
    about: "Constant quality with a ceiling",
    outputs: { "webm:vp9_0x240::quality=3,maxrate=800k": { path: "/240p.webm" } },
    files: [{ video: { codec: "vp9", height: 240 }, audio: { codec: "vorbis" } }],
  },
  {
    about: "Two passes",
    outputs: { "mp4:240p_400k::2pass": { path: "/2pass.mp4" } },
    files: [{ video: { ...H264, height: 240 } }],
  },
  {
    about: "Profile and level, for players that are old",
    outputs: { "mp4:240p_300k::vprofile=baseline,level=30": { path: "/old.mp4" } },
    files: [{ video: { ...H264, profile: "Constrained Baseline" } }],
  },
  {
    about: "Fragments, without the source's tags",
    outputs: { "mp4:240p::frag,metadata=0": { path: "/fragments.mp4" } },
    files: [{ video: H264, audio: AAC }],
  },
  {
    about: "A pixel format",
    outputs: { "mp4:240p::pix_fmt=yuv422p": { path: "/422.mp4" } },
    files: [{ video: { codec: "h264", pixelFormat: "yuv422p" } }],
  },
  {
    about: "ProRes HQ, and ProRes with an alpha channel",
    outputs: {
      "mov:prores-ks::vprofile=3": { path: "/hq.mov" },
      "mov:prores::pix_fmt=yuva444p10le": { path: "/alpha.mov" },
    },
    files: [{ video: { codec: "prores", profile: "HQ" } }, { video: { codec: "prores", profile: "4444" } }],
  },
  {
    about: "The tracks as they are, in another container",
    outputs: { "mkv:copy:copy": { path: "/copy.mkv" } },
    files: [{ video: { codec: "h264", width: 640, height: 360 }, audio: { codec: "aac" } }],
  },
  {
    about: "Sound alone",
    outputs: {
      "mp3:64k_22050hz_mono": { path: "/sound.mp3" },
      "wav:pcm-u8_8000hz": { path: "/sound.wav" },
      "flac:multi": { path: "/sound.flac" },
    },
    files: [
      { video: null, audio: { codec: "mp3", channels: 1, sampleRateHz: 22_050 } },
      { video: null, audio: { codec: "pcm_u8", sampleRateHz: 8_000 } },
      { video: null, audio: { codec: "flac", channels: 2 } },
    ],
  },
  {
    about: "A `format` hash on top of the key; the job shows the two as one",
    outputs: { "avi:240p": { path: "/hash.avi", format: { resolution: "0x240", video_bitrate: "500k" } } },
    files: [{ video: { codec: "mpeg4", height: 240 }, audio: { codec: "mp3" } }],
    echo: "avi:0x240_500k",
  },
];

export const PARAMETER_EXAMPLES: readonly OutputExample[] = [
  {
    about: "`offset` and `duration`: two seconds from second one, to the frame",
    outputs: { "mp4:240p": { path: "/cut.mp4", offset: 1, duration: 2 } },
    files: [{ video: H264, seconds: 2 }],
  },
  {
    about: "`fit`: fill a square and cut what is beside it, or show all of it between bars",
    outputs: {
      "mp4:240x240": [
        { path: "/crop.mp4", fit: "crop" },
        { path: "/pad.mp4", fit: "pad" },
      ],
    },
    files: times(2, { video: { ...H264, width: 240, height: 240 } }),
  },
  {
    about: "`transpose`, `hflip` and `vflip`: a quarter turn clockwise, and mirrored",
    outputs: {
      "mp4:x320": [
        { path: "/turned.mp4", transpose: 1 },
        { path: "/mirrored.mp4", hflip: true, vflip: true },
      ],
    },
    files: [{ video: { ...H264, width: 180, height: 320 } }, { video: { ...H264, width: 568, height: 320 } }],
  },
  {
    about: "`deinterlace`: every frame, whatever the file says of itself",
    outputs: { "mp4:240p": { path: "/progressive.mp4", deinterlace: true } },
    files: [{ video: H264, seconds: 4 }],
  },
  {
    about: "`watermark`: a PNG or JPEG in a corner",
    outputs: {
      "mp4:240p": { path: "/marked.mp4", watermark: { url: WATERMARK_PLACEHOLDER, position: "bottomright" } },
    },
    files: [{ video: H264 }],
  },
  {
    about: "`key`, `if` and variables in `path`",
    outputs: {
      "mp4:240p": [
        {
          key: "small",
          path: "/{{ input.width }}x{{ input.height }}.mp4",
          if: "{{ input.width }} < 1280 and not {{ input.is_audio_only }}",
        },
      ],
    },
    files: [{ video: H264 }],
  },
];

export const IMAGE_EXAMPLES: readonly OutputExample[] = [
  {
    about: "`number`: three pictures, evenly spread",
    outputs: { "jpg:320x": { path: "/even_%02d.jpg", number: 3 } },
    files: times(3, jpg(320, 180)),
  },
  {
    about: "`offsets`: at these seconds",
    outputs: { "png:160x": { path: "/at_%d.png", offsets: [0, 2] } },
    files: times(2, picture("png", 160, 90)),
  },
  {
    about: "`interval`: one a second",
    outputs: { "webp:160x": { path: "/every_%02d.webp", interval: 1 } },
    files: times(4, picture("webp", 160, 90)),
  },
  {
    about: "`sprite` and `vtt`: tiles and the WebVTT that leads to them; two files of two by one",
    outputs: {
      "jpg:160x": {
        path: "/sprite_%02d.jpg",
        interval: 1,
        sprite: { limit: 2, columns: 2 },
        vtt: { filename: "thumbnails.vtt" },
      },
    },
    files: [jpg(320, 90), jpg(320, 90), {}],
  },
  {
    about: "`square`, `blur` and `fit`",
    outputs: {
      "jpg:120x": { path: "/square.jpg", square: true, blur: 3 },
      "jpg:120x160": { path: "/portrait.jpg", fit: "crop" },
    },
    files: [jpg(120, 120), jpg(120, 160)],
    echo: "jpg:120x120",
  },
  {
    about: "Turned, mirrored and marked",
    outputs: {
      "png:90x": {
        path: "/turned.png",
        transpose: 2,
        hflip: true,
        watermark: { url: WATERMARK_PLACEHOLDER, position: "topleft" },
      },
    },
    files: [picture("png", 90, 160)],
  },
  {
    about: "Moving pictures: excerpts, one after the other, for ever",
    outputs: {
      "gif:200x": { path: "/moving.gif", scene: { number: 2, duration: 1 } },
      "webp_anim:200x": { path: "/moving.webp", scene: { number: 2, duration: 1 } },
    },
    files: [{ video: { codec: "gif", width: 200 }, seconds: 2 }, {}],
  },
];

export const OUTPUT_EXAMPLES: readonly OutputExample[] = [
  ...FORMAT_EXAMPLES,
  ...PARAMETER_EXAMPLES,
  ...IMAGE_EXAMPLES,
];
