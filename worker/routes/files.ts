/**
 * Hosted outputs, public by their unguessable URL: `/files/<key>` serves the object `hosted/<key>` and nothing
 * else of the bucket. Made for players on any site.
 */
import { type Context, Hono } from "hono";
import { cors } from "hono/cors";
import { baseRoutePath } from "hono/route";
import { getMimeType, mimes } from "hono/utils/mime";
import { parseObjectKey } from "../objects/object-key.ts";
import { readObject } from "../objects/read-object.ts";

const HOSTED_PREFIX = "hosted/";

/** Media never change under their URL, but they vanish after a day: an hour of caching outlives them little. */
const MEDIA_CACHE_CONTROL = "public, max-age=3600";

/**
 * A stream that is played while it is encoded has manifests that grow by a segment every few seconds. Players reload
 * them as often, and a cache may shield the server from many players at once but not hold them back.
 */
const MANIFEST_CACHE_CONTROL = "public, max-age=2";

const MANIFEST = /\.(?:m3u8|mpd)$/i;

/** For objects stored without a type: what streaming needs beyond the common types. */
const MEDIA_TYPES = {
  ...mimes,
  m3u8: "application/vnd.apple.mpegurl",
  m4a: "audio/mp4",
  m4s: "video/iso.segment",
  m4v: "video/mp4",
  mkv: "video/x-matroska",
  mov: "video/quicktime",
  mpd: "application/dash+xml",
  vtt: "text/vtt; charset=utf-8",
};

/**
 * A customer's bytes are served from the API's own origin; opened directly they get no script, no plug-in and an
 * origin of their own, whatever their type says.
 */
const CONTENT_SECURITY_POLICY =
  "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; sandbox";

export const files = new Hono<{ Bindings: Env }>();

// No list of allowed request headers: a player's preflight may ask for any, and nothing here depends on them.
files.use(
  cors({
    origin: "*",
    allowMethods: ["GET", "HEAD"],
    exposeHeaders: ["Accept-Ranges", "Content-Length", "Content-Range", "ETag", "Last-Modified"],
    maxAge: 86_400,
  }),
);

files.use(async (c, next) => {
  await next();
  c.header("X-Content-Type-Options", "nosniff");
  c.header("Content-Security-Policy", CONTENT_SECURITY_POLICY);
  c.header("Cross-Origin-Resource-Policy", "cross-origin");
});

files.get("*", async (c) => {
  const { pathname } = new URL(c.req.url);
  const key = parseObjectKey(pathname.slice(baseRoutePath(c).length).replace(/^\//, ""));
  if (key === null) {
    return refuse(c, 404, "not_found", NOT_FOUND_MESSAGE);
  }
  const contentType = getMimeType(key, MEDIA_TYPES) ?? "application/octet-stream";
  const read = await readObject(c.env.MEDIA, HOSTED_PREFIX + key, c.req.raw, contentType);
  switch (read.outcome) {
    case "response": {
      const { response } = read;
      if (!response.headers.has("Cache-Control")) {
        response.headers.set(
          "Cache-Control",
          MANIFEST.test(key) ? MANIFEST_CACHE_CONTROL : MEDIA_CACHE_CONTROL,
        );
      }
      return response;
    }
    case "not_found":
      return refuse(c, 404, "not_found", NOT_FOUND_MESSAGE);
    case "precondition_failed":
      return refuse(c, 412, "precondition_failed", "The file is not the version that the request names.");
    case "range_not_satisfiable":
      c.header("Content-Range", `bytes */${read.sizeBytes}`);
      return refuse(
        c,
        416,
        "range_not_satisfiable",
        `The file holds ${read.sizeBytes} bytes; the range lies outside.`,
      );
  }
});

files.all("*", (c) => {
  c.header("Allow", "GET, HEAD, OPTIONS");
  return refuse(c, 405, "method_not_allowed", `Files can only be read; ${c.req.method} is not allowed.`);
});

const NOT_FOUND_MESSAGE =
  "There is no such file. Hosted outputs are removed 24 hours after their job has ended.";

/** The envelope of every error of the API. Not cached: a file may appear a moment later. */
function refuse(c: Context, status: 404 | 405 | 412 | 416, code: string, message: string): Response {
  c.header("Cache-Control", "no-store");
  return c.json({ message, error_code: code, status: "error" }, status);
}
