/** A page that plays a hosted HLS stream: static files and one check, that `src` is such a stream. */
import { Hono } from "hono";
import { html } from "hono/html";
import { secureHeaders } from "hono/secure-headers";
import hlsScript from "hls.js/dist/hls.min.js";
import { parseObjectKey } from "../objects/object-key.ts";
import playerScript from "../pages/player.client.js";
import playerStyle from "../pages/player.css";
import playerPage from "../pages/player.html";

const FILES_PATH = "/files/";

/** Path below the mount to body and type. */
const ASSETS = {
  "/hls.js": { body: hlsScript, contentType: "text/javascript; charset=utf-8" },
  "/player.js": { body: playerScript, contentType: "text/javascript; charset=utf-8" },
  "/player.css": { body: playerStyle, contentType: "text/css; charset=utf-8" },
};

export const play = new Hono<{ Bindings: Env }>();

play.use(
  secureHeaders({
    // hls.js feeds the video element through a blob: URL and opens text tracks with an empty data: one; the icon is a
    // data: URL. Everything else is this origin's.
    contentSecurityPolicy: {
      defaultSrc: ["'none'"],
      scriptSrc: ["'self'"],
      styleSrc: ["'self'"],
      imgSrc: ["data:"],
      connectSrc: ["'self'"],
      mediaSrc: ["'self'", "blob:", "data:"],
      baseUri: ["'none'"],
      formAction: ["'none'"],
      frameAncestors: ["'none'"],
    },
    // The path of a hosted file is all that protects it.
    referrerPolicy: "no-referrer",
    // Whether the whole host is HTTPS only is the operator's decision, not this page's.
    strictTransportSecurity: false,
  }),
);

play.get("/", (c) => {
  c.header("Cache-Control", "no-store");
  // The page's script reads the same parameter with the same parser.
  const src = new URL(c.req.url).searchParams.get("src");
  return isHostedPlaylist(src) ? c.html(playerPage) : c.html(badSourcePage(src), 400);
});

for (const [path, { body, contentType }] of Object.entries(ASSETS)) {
  play.get(path, (c) =>
    c.body(body, 200, { "Content-Type": contentType, "Cache-Control": "public, max-age=300" }),
  );
}

/** True for the path of a playlist below `/files/` on this origin, without query and fragment. */
function isHostedPlaylist(src: string | null): boolean {
  const base = "http://this-origin.invalid";
  const url = src?.startsWith(FILES_PATH) ? URL.parse(src, base) : null;
  return (
    url !== null &&
    url.origin === base &&
    url.href === base + url.pathname &&
    url.pathname.startsWith(FILES_PATH) &&
    url.pathname.endsWith(".m3u8") &&
    parseObjectKey(url.pathname.slice(FILES_PATH.length)) !== null
  );
}

function badSourcePage(src: string | null) {
  const given = src === null ? html`it is missing` : html`it is <code>${src}</code>`;
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>No stream to play · Copra player</title>
        <link rel="stylesheet" href="/play/player.css" />
      </head>
      <body>
        <main class="notice">
          <p class="brand">Copra</p>
          <h1>There is no stream to play.</h1>
          <p>
            The parameter <code>src</code> must be the path of an HLS playlist that this server hosts;
            ${given}.
          </p>
          <p>Use an address such as <code>/play?src=/files/…/master.m3u8</code>.</p>
        </main>
      </body>
    </html>`;
}
