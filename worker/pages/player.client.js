// @ts-check
/**
 * The script of the player page: plays the playlist named by `src` with hls.js, or natively where the browser has
 * no Media Source Extensions. The server has checked `src`; the page's policy keeps all requests on this origin.
 */
(() => {
  /** @type {typeof import("hls.js").default | undefined} */
  const Hls = Reflect.get(globalThis, "Hls");
  const DETAILS_INTERVAL_MS = 500;
  const HLS_TYPE = "application/vnd.apple.mpegurl";
  const source = new URL(new URLSearchParams(location.search).get("src") ?? "", location.origin).pathname;

  const video = /** @type {HTMLVideoElement} */ (element("video"));
  const quality = /** @type {HTMLSelectElement} */ (element("quality"));
  const sound = /** @type {HTMLSelectElement} */ (element("sound"));
  const caption = /** @type {HTMLSelectElement} */ (element("caption"));
  let canRecover = true;

  showTitle();
  setInterval(showDetails, DETAILS_INTERVAL_MS);
  element("retry").addEventListener("click", () => location.reload());
  const hls = start();

  /** @returns {InstanceType<NonNullable<typeof Hls>> | null} */
  function start() {
    if (Hls?.isSupported()) {
      return startHls(Hls);
    }
    if (video.canPlayType(HLS_TYPE) !== "") {
      startNative();
    } else {
      fail("This browser cannot play HLS.", "Try a current version of Chrome, Edge, Firefox or Safari.");
    }
    return null;
  }

  /** @param {NonNullable<typeof Hls>} Player */
  function startHls(Player) {
    // The page's policy allows no worker made from a blob; fragmented MP4 needs none.
    const player = new Player({ enableWorker: false });
    player.on(Player.Events.MANIFEST_PARSED, () => showLevels(player));
    player.on(Player.Events.LEVEL_SWITCHED, () => showRendition(player));
    offerTracks(Player, player);
    player.on(Player.Events.ERROR, (_event, error) => {
      if (!error.fatal) {
        return;
      }
      if (error.type === Player.ErrorTypes.MEDIA_ERROR && canRecover) {
        canRecover = false;
        player.recoverMediaError();
        return;
      }
      player.destroy();
      explain(error.response?.code ?? null, error.type === Player.ErrorTypes.NETWORK_ERROR, error.details);
    });
    quality.addEventListener("change", () => {
      const index = Number(quality.value);
      // Read back, it names what is buffered next, not what is asked for.
      player.nextLevel = index;
      const chosen = player.levels[index];
      if (chosen === undefined || index === player.currentLevel) {
        showRendition(player);
      } else {
        setText("rendition", `Switching to ${describeLevel(chosen)}…`);
      }
    });
    player.loadSource(source);
    player.attachMedia(video);
    return player;
  }

  /**
   * Menus of the other languages. A browser that plays the stream natively has its own.
   * @param {NonNullable<typeof Hls>} Player
   * @param {import("hls.js").default} player
   */
  function offerTracks(Player, player) {
    const { Events } = Player;
    const showSounds = () => {
      const options = player.audioTracks.map(
        (track, index) => new Option(describeTrack(track), String(index)),
      );
      fill(sound, options, player.audioTrack);
      element("sounds").hidden = options.length < 2;
    };
    const showCaptions = () => {
      const options = player.subtitleTracks.map(
        (track, index) => new Option(describeTrack(track), String(index)),
      );
      fill(caption, [new Option("Off", "-1"), ...options], player.subtitleTrack);
      element("captions").hidden = options.length === 0;
    };
    player.on(Events.AUDIO_TRACKS_UPDATED, showSounds);
    player.on(Events.AUDIO_TRACK_SWITCHED, showSounds);
    player.on(Events.SUBTITLE_TRACKS_UPDATED, showCaptions);
    player.on(Events.SUBTITLE_TRACK_SWITCH, showCaptions);
    sound.addEventListener("change", () => {
      player.audioTrack = Number(sound.value);
    });
    caption.addEventListener("change", () => {
      player.subtitleTrack = Number(caption.value);
    });
  }

  /**
   * @param {HTMLSelectElement} menu
   * @param {HTMLOptionElement[]} options
   * @param {number} chosen
   */
  function fill(menu, options, chosen) {
    menu.replaceChildren(...options);
    menu.value = String(chosen);
  }

  /** @param {{ name: string, lang?: string | undefined, forced?: boolean }} track */
  function describeTrack({ name, lang, forced }) {
    return (name || lang || "Unknown") + (forced ? " (forced)" : "");
  }

  function startNative() {
    video.addEventListener("error", () => {
      const details = video.error?.message ?? "";
      // The element does not say which status it met, so the playlist is asked for once more.
      fetch(source, { method: "HEAD" }).then(
        ({ ok, status }) => explain(status, !ok, details),
        () => explain(0, true, details),
      );
    });
    video.addEventListener("loadedmetadata", () => setText("rendition", "Chosen by the browser"));
    video.src = source;
  }

  /**
   * @param {number | null} status HTTP status of the request that failed, 0 without an answer
   * @param {boolean} isNetwork
   * @param {string} details
   */
  function explain(status, isNetwork, details) {
    if (status === 404 || status === 410) {
      fail(
        "This stream is gone.",
        "Hosted files are kept for 24 hours after their job has ended. Encode it again to watch it.",
      );
    } else if (isNetwork) {
      const answer = status ? `The server answered ${status}.` : "The server did not answer.";
      fail("The stream could not be loaded.", `${answer} Check the connection and try again.`);
    } else {
      fail("The stream could not be played.", `The browser could not decode it (${details}).`);
    }
  }

  /**
   * @param {string} message
   * @param {string} advice
   */
  function fail(message, advice) {
    setText("failure-message", message);
    setText("failure-advice", advice);
    video.controls = false;
    element("playback").hidden = true;
    element("failure").hidden = false;
  }

  function showTitle() {
    const name = decodeURIComponent(source.split("/").at(-1) ?? "");
    setText("title", name.replace(/\.m3u8$/, ""));
    document.title = `${name} · Copra player`;
    const link = /** @type {HTMLAnchorElement} */ (element("source"));
    link.href = source;
    link.textContent = decodeURIComponent(source);
  }

  /** @param {import("hls.js").default} player */
  function showLevels(player) {
    const byQuality = player.levels
      .map((level, index) => ({ level, index }))
      .toSorted((left, right) => right.level.bitrate - left.level.bitrate);
    for (const { level, index } of byQuality) {
      quality.add(new Option(describeLevel(level), String(index)));
    }
    quality.disabled = byQuality.length < 2;
    if (byQuality.length === 1) {
      showRendition(player);
    }
  }

  /** @param {import("hls.js").default} player */
  function showRendition(player) {
    const level = player.levels[player.currentLevel];
    if (level !== undefined) {
      const isAuto = quality.value === "-1" && player.levels.length > 1;
      setText("rendition", describeLevel(level) + (isAuto ? " (auto)" : ""));
    }
  }

  /** @param {{ width: number, height: number, bitrate: number }} level */
  function describeLevel(level) {
    const picture = level.height > 0 ? `${level.width}×${level.height}` : "Audio only";
    return `${picture} · ${formatBitrate(level.bitrate)}`;
  }

  /** @param {number} bitrateBps */
  function formatBitrate(bitrateBps) {
    return bitrateBps >= 1e6
      ? `${(bitrateBps / 1e6).toFixed(1)} Mbit/s`
      : `${Math.round(bitrateBps / 1e3)} kbit/s`;
  }

  function showDetails() {
    setText("picture", video.videoWidth > 0 ? `${video.videoWidth}×${video.videoHeight}` : "–");
    setText("buffer", `${bufferedAheadSeconds().toFixed(1)} s`);
    const { droppedVideoFrames, totalVideoFrames } = video.getVideoPlaybackQuality();
    setText("dropped", `${droppedVideoFrames} of ${totalVideoFrames}`);
    const bandwidthBps = hls?.bandwidthEstimate;
    setText("bandwidth", bandwidthBps ? formatBitrate(bandwidthBps) : "–");
  }

  function bufferedAheadSeconds() {
    const { buffered, currentTime } = video;
    for (let index = 0; index < buffered.length; index++) {
      if (buffered.start(index) <= currentTime + 0.1 && currentTime <= buffered.end(index)) {
        return buffered.end(index) - currentTime;
      }
    }
    return 0;
  }

  /**
   * @param {string} id
   * @param {string} text
   */
  function setText(id, text) {
    const target = element(id);
    if (target.textContent !== text) {
      target.textContent = text;
    }
  }

  /** @param {string} id */
  function element(id) {
    const found = document.getElementById(id);
    if (found === null) {
      throw new Error(`The page has no element "${id}".`);
    }
    return found;
  }
})();
