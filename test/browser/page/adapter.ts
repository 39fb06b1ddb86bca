/** A player library behind the one face that the page needs of all three. */
import type { PlayerSource } from "../page-player.ts";

/** A part of a picture file. */
export type Thumbnail = { url: string; x: number; y: number; width: number; height: number };

export type Adapter = {
  /** Of the rungs with a picture. */
  heightsPx(): number[];
  /** Languages. */
  sounds(): string[];
  texts(): string[];
  /** From the next segment on, without a stall. */
  switchTo(heightPx: number): void;
  selectSound(language: string): void;
  selectText(language: string): void;
  /**
   * Of players that find the end by a clock of their own and step back from it, which `HTMLMediaElement.ended` does not
   * survive.
   */
  hasEnded?(): boolean;
  /** Where the picture of a moment is; of players that know thumbnails. */
  thumbnail?(atSeconds: number): Promise<Thumbnail | null>;
};

/** Starts to load on the lowest rung and keeps it until told otherwise; done when the tracks are known. */
export type OpenAdapter = (
  video: HTMLVideoElement,
  source: PlayerSource,
  onTrouble: (trouble: string) => void,
) => Promise<Adapter>;

/** A picture that stands still for less is a slow machine's; players would see a fault of the media in it. */
export const STALL_SECONDS = 10;

/** The only item that the test holds for the right one. */
export function find<T>(items: readonly T[], wanted: string, isWanted: (item: T) => boolean): T {
  const found = items.find(isWanted);
  if (found === undefined) {
    throw new Error(`The player has no ${wanted}.`);
  }
  return found;
}
