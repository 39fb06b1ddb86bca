/** The page under test: one video element, one player, and the answers that tests ask for. */
import type { OpenedStream, PagePlayer, PlayerName, ShownCue, ShownPicture } from "../page-player.ts";
import type { Adapter, OpenAdapter } from "./adapter.ts";
import { recordSound } from "./appended-sound.ts";
import { openDash } from "./dash-adapter.ts";
import { openHls } from "./hls-adapter.ts";
import { listenTo } from "./loudest-frequency.ts";
import { readImage, readPicture, readTile } from "./read-picture.ts";
import { openShaka } from "./shaka-adapter.ts";

const OPENERS: Record<PlayerName, OpenAdapter> = {
  "hls.js": openHls,
  "dash.js": openDash,
  "shaka-player": openShaka,
};
/** What is loaded ahead before the playback starts; most of a segment. */
const LEAD_SECONDS = 5;
/** Tracks need not start and end together; Chromium plays from zero if what there is starts no later than this. */
const EDGE_SECONDS = 0.1;
/** The browser decodes a little in advance. */
const DECODED_SECONDS = 0.2;
/** What takes two seconds on an idle machine. */
const WAIT_LIMIT_MS = 40_000;

const video = document.createElement("video");
document.body.append(video);
const sound = recordSound();
const troubles: string[] = [];
let isSteady = false;
let adapter: Adapter | null = null;
let loudestFrequency: (() => number | null) | null = null;

video.addEventListener("error", () => troubles.push(`The video failed: ${video.error?.message}`));
video.addEventListener("waiting", () => {
  // With data at hand it is a machine too slow for its decoder, and ends by itself or by the time limit.
  if (isSteady && !video.ended && !isLoaded(video.currentTime + DECODED_SECONDS)) {
    troubles.push(`The video waits at ${video.currentTime}; it has ${JSON.stringify(ranges())}`);
  }
});

const player: PagePlayer = {
  open: async (source) => {
    adapter = await OPENERS[source.player](video, source, (trouble) => troubles.push(trouble));
    await until("there is something to play", () => video.readyState >= HTMLMediaElement.HAVE_FUTURE_DATA);
    return describe(adapter);
  },
  play: ({ untilSeconds, rate }) =>
    watch({
      what: `it is ${untilSeconds}`,
      rate,
      isDone: (last) =>
        hasEnded() ||
        (untilSeconds !== "end" &&
          video.currentTime > untilSeconds &&
          // A slow machine leaves pictures out.
          (last !== undefined || video.videoHeight === 0 || video.mediaKeys !== null)),
    }),
  seek,
  readImage,
  switchTo: async ({ heightPx, rate }) => {
    opened().switchTo(heightPx);
    return watch({
      what: `the picture has ${heightPx} lines`,
      rate,
      isDone: (last) => last?.heightPx === heightPx,
    });
  },
  durationSeconds: () => video.duration,
  readThumbnail: async (atSeconds) => {
    const thumbnail = (await opened().thumbnail?.(atSeconds)) ?? null;
    return thumbnail === null ? null : readTile(thumbnail);
  },
  selectSound: (language) => opened().selectSound(language),
  selectText: (language) => opened().selectText(language),
  activeCues: () => shownTracks().flatMap((track) => Array.from(track.activeCues ?? [], cueOf)),
  playUntilHeard: async (frequencyHz) => {
    loudestFrequency ??= listenTo(video);
    const isHeard = () => Math.abs((loudestFrequency?.() ?? 0) - frequencyHz) < 20;
    // Players throw the old language away at once.
    await watch({ what: `${frequencyHz} Hz are heard`, rate: 1, isSteady: false, isDone: isHeard });
  },
  waitUntilLoaded: () =>
    until("everything is loaded", () => {
      const [first, ...others] = ranges();
      return (
        others.length === 0 && first !== undefined && first.from < EDGE_SECONDS && isLoaded(video.duration)
      );
    }),
  decodeSound: sound.decode,
  troubles: () => troubles,
};
Object.assign(globalThis, { player });

function hasEnded(): boolean {
  return video.ended || opened().hasEnded?.() === true;
}

function opened(): Adapter {
  if (adapter === null) {
    throw new Error("No stream is open.");
  }
  return adapter;
}

function describe(stream: Adapter): OpenedStream {
  return {
    durationSeconds: video.duration,
    startSeconds: startSeconds(),
    heightsPx: stream.heightsPx().toSorted((one, other) => one - other),
    sounds: stream.sounds(),
    texts: stream.texts(),
  };
}

type Watch = {
  /** What it is that is waited for. */
  what: string;
  rate: number;
  /** Whether a wait for data is a trouble. */
  isSteady?: boolean;
  isDone: (last: ShownPicture | undefined) => boolean;
};

/** Plays until something holds, pauses, and returns the pictures that were shown meanwhile. */
async function watch({ what, rate, isDone, ...flags }: Watch): Promise<ShownPicture[]> {
  await untilAhead();
  const pictures: ShownPicture[] = [];
  let isOver = false;
  const onPicture = (): void => {
    if (isOver || video.mediaKeys !== null) {
      return;
    }
    if (!hasEnded()) {
      pictures.push(readPicture(video));
    }
    video.requestVideoFrameCallback(onPicture);
  };
  video.requestVideoFrameCallback(onPicture);
  video.playbackRate = rate;
  await video.play();
  isSteady = flags.isSteady ?? true;
  try {
    await until(what, () => isDone(pictures.at(-1)) || video.error !== null);
  } finally {
    isSteady = false;
    isOver = true;
    video.pause();
  }
  if (video.ended && video.videoHeight > 0 && video.mediaKeys === null) {
    pictures.push(readPicture(video));
  }
  return pictures;
}

async function seek(atSeconds: number): Promise<ShownPicture> {
  const shownSeconds: number[] = [];
  video.requestVideoFrameCallback((_now, { mediaTime }) => shownSeconds.push(mediaTime));
  video.currentTime = atSeconds;
  await until(`there is a picture at ${atSeconds}`, () => !video.seeking && shownSeconds.length > 0);
  if (video.mediaKeys === null) {
    return readPicture(video);
  }
  const { videoWidth: widthPx, videoHeight: heightPx } = video;
  return { atSeconds: shownSeconds[0] ?? Number.NaN, number: null, widthPx, heightPx };
}

async function untilAhead(): Promise<void> {
  const wanted = Math.min(video.currentTime + LEAD_SECONDS, video.duration - EDGE_SECONDS);
  await until("enough is loaded ahead", () =>
    ranges().some(({ from, to }) => from <= video.currentTime + EDGE_SECONDS && to >= wanted),
  );
}

function startSeconds(): number {
  return ranges()[0]?.from ?? Number.NaN;
}

/** Whether there is data for a moment, or for the end. */
function isLoaded(atSeconds: number): boolean {
  const wanted = Math.min(atSeconds, video.duration - EDGE_SECONDS);
  return ranges().some(({ from, to }) => from <= wanted && wanted <= to);
}

function ranges(): { from: number; to: number }[] {
  const { buffered } = video;
  return Array.from({ length: buffered.length }, (_, index) => ({
    from: buffered.start(index),
    to: buffered.end(index),
  }));
}

function shownTracks(): TextTrack[] {
  return Array.from(video.textTracks).filter(({ mode }) => mode === "showing");
}

function cueOf(cue: TextTrackCue): ShownCue {
  return {
    startSeconds: cue.startTime,
    endSeconds: cue.endTime,
    text: cue instanceof VTTCue ? cue.text : "",
  };
}

/** @throws Error with what the video has, when it does not come true. */
async function until(what: string, holds: () => boolean): Promise<void> {
  const endAt = performance.now() + WAIT_LIMIT_MS;
  while (!holds()) {
    if (performance.now() > endAt) {
      const { currentTime, readyState, paused, videoHeight } = video;
      const state = JSON.stringify({ currentTime, readyState, paused, videoHeight, ranges: ranges() });
      throw new Error(`It never came true that ${what}: ${state}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
