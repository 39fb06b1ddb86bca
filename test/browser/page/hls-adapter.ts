/** hls.js. Its errors count even where it recovers from them. */
// oxlint-disable-next-line import/no-named-as-default -- its types have no named one
import Hls, { ErrorDetails, Events } from "hls.js";
import { find, STALL_SECONDS, type Adapter, type OpenAdapter } from "./adapter.ts";

/**
 * A load that it ends itself because another rung or language is wanted; a wait, which the page judges; a segment whose
 * pictures are there already and that is loaded again for its sound.
 */
const NO_TROUBLES = [
  ErrorDetails.INTERNAL_ABORTED,
  ErrorDetails.BUFFER_STALLED_ERROR,
  ErrorDetails.BUFFER_APPEND_NO_PROGRESS,
];

export const openHls: OpenAdapter = async (video, { url, bufferSeconds, licenseUrl }, onTrouble) => {
  const hls = new Hls({
    autoStartLoad: false,
    maxBufferLength: bufferSeconds,
    maxMaxBufferLength: bufferSeconds,
    backBufferLength: Number.POSITIVE_INFINITY,
    detectStallWithCurrentTimeMs: STALL_SECONDS * 1000,
    highBufferWatchdogPeriod: STALL_SECONDS,
    ...(licenseUrl !== undefined && {
      emeEnabled: true,
      drmSystems: { "org.w3.clearkey": { licenseUrl } },
    }),
  });
  hls.on(Events.ERROR, (_event, { details, fatal, error }) => {
    if (fatal || !NO_TROUBLES.includes(details)) {
      onTrouble(`hls.js ${fatal ? "failed" : "erred"}: ${details}: ${error.message}`);
    }
  });
  const parsed = new Promise((resolve) => hls.once(Events.MANIFEST_PARSED, resolve));
  hls.loadSource(url);
  hls.attachMedia(video);
  await parsed;
  const pictures = hls.levels.filter(({ height }) => height > 0);
  const lowest = pictures.toSorted((one, other) => one.height - other.height)[0];
  hls.loadLevel = lowest === undefined ? 0 : hls.levels.indexOf(lowest);
  hls.startLoad(0);
  return adapt(hls);
};

function adapt(hls: Hls): Adapter {
  const pictures = () => hls.levels.filter(({ height }) => height > 0);
  return {
    heightsPx: () => pictures().map(({ height }) => height),
    sounds: () => hls.audioTracks.map(({ lang = "" }) => lang),
    texts: () => hls.subtitleTracks.map(({ lang = "" }) => lang),
    switchTo: (heightPx) => {
      hls.nextLevel = hls.levels.indexOf(
        find(pictures(), `rung of ${heightPx} lines`, ({ height }) => height === heightPx),
      );
    },
    selectSound: (language) => {
      hls.audioTrack = find(hls.audioTracks, `sound in ${language}`, ({ lang }) => lang === language).id;
    },
    selectText: (language) => {
      hls.subtitleTrack = find(hls.subtitleTracks, `text in ${language}`, ({ lang }) => lang === language).id;
      hls.subtitleDisplay = true;
    },
  };
}
