/** dash.js. It may not jump over gaps: a gap is a stall. */
import { MediaPlayer, type MediaPlayerClass, type MediaType } from "dashjs";
import { find, type Adapter, type OpenAdapter } from "./adapter.ts";

type Keys = Record<string, string>;

export const openDash: OpenAdapter = async (video, { url, bufferSeconds, clearKeys }, onTrouble) => {
  const player = MediaPlayer().create();
  const { events } = MediaPlayer;
  player.initialize();
  player.updateSettings({
    streaming: {
      gaps: { jumpGaps: false, jumpLargeGaps: false },
      buffer: {
        bufferTimeDefault: bufferSeconds,
        bufferTimeAtTopQuality: bufferSeconds,
        bufferTimeAtTopQualityLongForm: bufferSeconds,
        bufferToKeep: bufferSeconds,
        fastSwitchEnabled: true,
      },
      abr: {
        autoSwitchBitrate: { video: false, audio: false },
        initialBitrate: { video: 1, audio: 1 },
        limitBitrateByPortal: false,
      },
      text: { defaultEnabled: false },
    },
  });
  for (const event of [events.ERROR, events.PLAYBACK_ERROR]) {
    player.on(event, (detail: object) => onTrouble(`dash.js erred: ${describe(detail)}`));
  }
  if (clearKeys !== undefined) {
    player.setProtectionData({ "org.w3.clearkey": { clearkeys: inBase64Url(clearKeys) } });
  }
  const initialized = new Promise((resolve) => player.on(events.STREAM_INITIALIZED, resolve));
  player.attachView(video);
  player.setAutoPlay(false);
  player.attachSource(url);
  await initialized;
  return adapt(player);
};

function adapt(player: MediaPlayerClass): Adapter {
  let hasEnded = false;
  player.on(MediaPlayer.events.PLAYBACK_STARTED, () => (hasEnded = false));
  player.on(MediaPlayer.events.PLAYBACK_ENDED, () => (hasEnded = true));
  const rungs = () => player.getRepresentationsByType("video");
  const tracks = (type: MediaType) => player.getTracksFor(type);
  const languages = (type: MediaType) => tracks(type).map(({ lang }) => lang ?? "");
  return {
    heightsPx: () => rungs().map(({ height }) => height),
    sounds: () => languages("audio"),
    texts: () => languages("text"),
    switchTo: (heightPx) => {
      const { id } = find(rungs(), `rung of ${heightPx} lines`, ({ height }) => height === heightPx);
      player.setRepresentationForTypeById("video", id);
    },
    selectSound: (language) =>
      player.setCurrentTrack(find(tracks("audio"), `sound in ${language}`, ({ lang }) => lang === language)),
    selectText: (language) => {
      const index = languages("text").indexOf(language);
      player.enableText(true);
      player.setTextTrack(index);
    },
    hasEnded: () => hasEnded,
    thumbnail: (atSeconds) => new Promise((resolve) => player.provideThumbnail(atSeconds, resolve)),
  };
}

function describe(detail: object): string {
  const error: unknown = Reflect.get(detail, "error");
  return error instanceof Object
    ? `${Reflect.get(error, "code")} ${Reflect.get(error, "message")}`
    : String(error);
}

function inBase64Url(keys: Keys): Keys {
  const convert = (hex: string): string =>
    Uint8Array.fromHex(hex).toBase64({ alphabet: "base64url", omitPadding: true });
  return Object.fromEntries(Object.entries(keys).map(([id, key]) => [convert(id), convert(key)]));
}
