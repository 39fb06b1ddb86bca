/** What the page under test can be told and asked: the border between the tests in Node and the players in Chromium. */

export type PlayerName = "hls.js" | "dash.js" | "shaka-player";

export type PlayerSource = {
  player: PlayerName;
  /** Of a master playlist or an MPD. */
  url: string;
  /** How far ahead the player loads. */
  bufferSeconds: number;
  /** Hexadecimal keys by their hexadecimal ids; without any, the manifest says where licences come from. */
  clearKeys?: Record<string, string>;
  /** Of a server for clear keys, for hls.js: HLS manifests name none, and it takes no keys. */
  licenseUrl?: string;
};

/** What the player found in the manifest. */
export type OpenedStream = {
  durationSeconds: number;
  /**
   * When the first picture or sound is due. hls.js puts the zero of a transport stream at its first decoding time, so
   * that pictures that are stored before they are shown make everything late.
   */
  startSeconds: number;
  /** Of the rungs with a picture, in ascending order. */
  heightsPx: number[];
  /** Languages of the audio tracks, in the player's order. */
  sounds: string[];
  /** Languages of the text tracks, in the player's order. */
  texts: string[];
};

/** A picture that the browser has shown, and the number that is painted in it; null of protected media. */
export type ShownPicture = { atSeconds: number; number: number | null; widthPx: number; heightPx: number };

export type HeardSound = {
  /** Of all that was decoded, one piece after the other. */
  decodedSeconds: number;
  /** From the first to the last moment that the browser has sound for. */
  bufferedSeconds: number;
  /** Longest time without a sample above a twentieth of the loudest one; fades at both ends are left out. */
  longestSilenceSeconds: number;
  /** Largest departure from a sine of the loudest frequency, as a share of its amplitude; see `largestBreak`. */
  largestBreak: number;
  frequencyHz: number;
};

export type ShownCue = { startSeconds: number; endSeconds: number; text: string };

/** The page's global `player`. All times are the media's own. */
export interface PagePlayer {
  /** Starts a player; done when the tracks are known and the first picture or sound can be played. */
  open(source: PlayerSource): Promise<OpenedStream>;
  /**
   * Plays from where it stands until the clock has passed a moment, or to the end, then pauses. What is to be played
   * first is loaded before, so that a wait for data during the playback is a fault of the media; it is a trouble. No
   * pictures are returned of protected media.
   */
  play(range: { untilSeconds: number | "end"; rate: number }): Promise<ShownPicture[]>;
  /** Goes to a moment and returns the picture there. */
  seek(atSeconds: number): Promise<ShownPicture>;
  /** Number in a PNG of the video: a browser gives no page the pixels of protected media. */
  readImage(pngBase64: string): Promise<number>;
  /** Asks for another rung and plays until its pictures are shown. */
  switchTo(rung: { heightPx: number; rate: number }): Promise<ShownPicture[]>;
  /** As the player has it by now: a stream that is still encoded grows. */
  durationSeconds(): number;
  /** Number in the thumbnail of a moment; null when the player finds none. */
  readThumbnail(atSeconds: number): Promise<number | null>;
  selectSound(language: string): void;
  selectText(language: string): void;
  /** Cues that are shown now. */
  activeCues(): ShownCue[];
  /** Plays until the loudest frequency is near the wanted one, then pauses. */
  playUntilHeard(frequencyHz: number): Promise<void>;
  /** Done when everything from start to end is loaded, in one piece; the very last packets may be on their way. */
  waitUntilLoaded(): Promise<void>;
  /** Decodes the sound that the player handed to the browser. */
  decodeSound(): Promise<HeardSound>;
  /** Errors of player and browser, gaps that were jumped, and stalls, so far. */
  troubles(): string[];
}
