/** More than two channels to more than two: each to its own place, and those without one to a neighbour. */
import type { ChannelLayout } from "../../contract/formats.ts";
import { NAMED_CHANNELS, sum } from "./stereo-mix.ts";

type Surround = Exclude<ChannelLayout, "mono" | "stereo">;

/** Channels of the layouts of outputs, by FFmpeg's names and in its order. */
const PLACES: Readonly<Record<Surround, readonly string[]>> = {
  "3.0": ["FL", "FR", "FC"],
  quad: ["FL", "FR", "BL", "BR"],
  "5.0": ["FL", "FR", "FC", "BL", "BR"],
  "5.1": ["FL", "FR", "FC", "LFE", "BL", "BR"],
  "6.1": ["FL", "FR", "FC", "LFE", "BC", "SL", "SR"],
  "7.1": ["FL", "FR", "FC", "LFE", "BL", "BR", "SL", "SR"],
};

/** Where a channel goes that the output lacks: the first of these homes whose places it has. */
const HOMES: readonly { channel: string; homes: readonly (readonly string[])[] }[] = [
  { channel: "FC", homes: [["FL", "FR"]] },
  { channel: "LFE", homes: [["FC"], ["FL", "FR"]] },
  { channel: "BL", homes: [["SL"], ["FL"]] },
  { channel: "BR", homes: [["SR"], ["FR"]] },
  { channel: "SL", homes: [["BL"], ["FL"]] },
  { channel: "SR", homes: [["BR"], ["FR"]] },
  {
    channel: "BC",
    homes: [
      ["BL", "BR"],
      ["FL", "FR"],
    ],
  },
  { channel: "FLC", homes: [["FL"]] },
  { channel: "FRC", homes: [["FR"]] },
  { channel: "WL", homes: [["FL"]] },
  { channel: "WR", homes: [["FR"]] },
  { channel: "TFL", homes: [["FL"]] },
  { channel: "TFR", homes: [["FR"]] },
  { channel: "TBL", homes: [["BL"], ["SL"], ["FL"]] },
  { channel: "TBR", homes: [["BR"], ["SR"], ["FR"]] },
];

/**
 * A term of FFmpeg's `pan` for each place. `<` shares a place between those channels that the source really has: one
 * alone keeps its level, several together cannot exceed full scale.
 */
export function surroundPlaces(layout: Surround, sourceChannels: number): string[] {
  const places = PLACES[layout];
  if (sourceChannels === 1) {
    return [places.includes("FC") ? "FC=c0" : "FL=c0|FR=c0"];
  }
  return places.map((place, index) => {
    const guests = sourceChannels > NAMED_CHANNELS ? surplus(index) : guestsOf(place);
    const own = sourceChannels > NAMED_CHANNELS ? `c${index}` : place;
    return `${place}<${sum([own, ...guests].map((channel) => [channel, 1] as const))}`;
  });

  function guestsOf(place: string): string[] {
    return HOMES.filter(({ channel, homes }) => {
      const home = homes.find((names) => names.every((name) => places.includes(name)));
      return !places.includes(channel) && home?.includes(place);
    }).map(({ channel }) => channel);
  }

  /** Channels beyond the last place go to the left and right in turns. */
  function surplus(index: number): string[] {
    return Array.from({ length: sourceChannels }, (_, number) => number)
      .filter((number) => number >= places.length && index < 2 && number % 2 === index)
      .map((number) => `c${number}`);
  }
}
