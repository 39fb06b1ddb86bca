/**
 * From a source's channels to an output's, so that every channel is heard where it belongs. FFmpeg's own mixing is
 * not used: it drops the low frequency channel, takes 3 dB from mono, and whether it lowers the whole mix or clips
 * depends on the decoder's sample format.
 */
import { CHANNEL_LAYOUTS, type ChannelLayout } from "../../contract/formats.ts";
import type { AudioSpec } from "../../contract/output-spec.ts";
import { monoMix, stereoMix } from "./stereo-mix.ts";
import { surroundPlaces } from "./surround-places.ts";

type Channels = Pick<AudioSpec, "layout" | "sourceChannels">;

/** The filters between the source's layout and the output's; none when nothing is mixed. */
export function channelFilters({ sourceChannels, layout }: Channels): string[] {
  if (sourceChannels === CHANNEL_LAYOUTS[layout] && sourceChannels <= 2) {
    return [];
  }
  if (layout === "mono") {
    // Two channels cannot exceed full scale at half level each, and may be two programmes: neither is turned down.
    return sourceChannels === 2
      ? [pan(layout, ["c0=0.5*c0+0.5*c1"])]
      : limited(pan(layout, [monoMix(sourceChannels)]));
  }
  if (layout === "stereo") {
    // One channel at full level on both sides: FFmpeg would take 3 dB from it.
    return sourceChannels === 1
      ? [pan(layout, ["c0=c0", "c1=c0"])]
      : limited(pan(layout, stereoMix(sourceChannels)));
  }
  return [pan(layout, surroundPlaces(layout, sourceChannels))];
}

function pan(layout: ChannelLayout, gains: readonly string[]): string {
  return [`pan=${layout}`, ...gains].join("|");
}

/**
 * A mix that may go beyond full scale is turned down where it does, to -1 dBFS; the rest stays as it is, sample by
 * sample. Floating point before it, since integers would clip first; `latency` gives back the limiter's look-ahead.
 */
function limited(mix: string): string[] {
  return ["aformat=sample_fmts=fltp", mix, "alimiter=level=0:limit=0.891:attack=5:release=100:latency=1"];
}
