/** shaka-player, for DASH and HLS alike. It jumps gaps unasked; a jump is a trouble. */
import shaka from "shaka-player";
import { find, STALL_SECONDS, type Adapter, type OpenAdapter } from "./adapter.ts";

/** Of what is buffered, this much is kept when a rung is chosen: enough to load the next segment without a stall. */
const SAFE_MARGIN_SECONDS = 4;

export const openShaka: OpenAdapter = async (video, { url, bufferSeconds, clearKeys }, onTrouble) => {
  shaka.polyfill.installAll();
  const player = new shaka.Player();
  await player.attach(video);
  player.configure({
    abr: { enabled: false },
    streaming: { bufferingGoal: bufferSeconds, bufferBehind: bufferSeconds, stallThreshold: STALL_SECONDS },
    // It knows no tag of clear keys; with keys at hand it needs none.
    ...(clearKeys !== undefined && { drm: { clearKeys }, manifest: { ignoreDrmInfo: isHls(url) } }),
  });
  player.addEventListener("error", (event) => onTrouble(`shaka-player erred: ${describe(event)}`));
  for (const name of ["gapjumped", "stalldetected"]) {
    player.addEventListener(name, () => onTrouble(`shaka-player: ${name} at ${video.currentTime}`));
  }
  await player.load(url);
  const adapter = adapt(player);
  const lowest = Math.min(...adapter.heightsPx());
  if (Number.isFinite(lowest)) {
    selectHeight(player, lowest, 0);
  }
  return adapter;
};

function isHls(url: string): boolean {
  return new URL(url).pathname.endsWith(".m3u8");
}

function adapt(player: shaka.Player): Adapter {
  const heights = () => player.getVariantTracks().flatMap(({ height }) => height ?? []);
  return {
    heightsPx: () => [...new Set(heights())],
    sounds: () => player.getAudioTracks().map(({ language }) => language),
    texts: () => player.getTextTracks().map(({ language }) => language),
    switchTo: (heightPx) => selectHeight(player, heightPx, SAFE_MARGIN_SECONDS),
    selectSound: (wanted) =>
      player.selectAudioTrack(
        find(player.getAudioTracks(), `sound in ${wanted}`, ({ language }) => language === wanted),
      ),
    selectText: (wanted) =>
      player.selectTextTrack(
        find(player.getTextTracks(), `text in ${wanted}`, ({ language }) => language === wanted),
      ),
    thumbnail: async (atSeconds) => {
      const [track] = player.getImageTracks();
      const thumbnail = track === undefined ? null : await player.getThumbnails(track.id, atSeconds);
      if (thumbnail === null) {
        return null;
      }
      const { uris, positionX: x, positionY: y, width, height } = thumbnail;
      return { url: uris[0] ?? "", x, y, width, height };
    },
  };
}

function selectHeight(player: shaka.Player, heightPx: number, safeMarginSeconds: number): void {
  const tracks = player.getVariantTracks();
  const current = tracks.find(({ active }) => active);
  const track = find(
    tracks,
    `rung of ${heightPx} lines`,
    ({ height, language }) => height === heightPx && language === (current?.language ?? language),
  );
  player.selectVariantTrack(track, true, safeMarginSeconds);
}

function describe(event: Event): string {
  const detail: unknown = Reflect.get(event, "detail");
  return detail instanceof Object
    ? `${Reflect.get(detail, "code")} ${JSON.stringify(Reflect.get(detail, "data"))}`
    : "no detail";
}
