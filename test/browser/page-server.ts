/**
 * Serves the page under test, the three players and a licence server for clear keys, on an origin of its own: media of
 * another one is let in by that one's CORS headers only.
 */
import { readFile } from "node:fs/promises";
import { createRequire, stripTypeScriptTypes } from "node:module";
import type { IncomingMessage } from "node:http";
import { basename, dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { startLocalServer } from "../support/local-server.ts";

const require = createRequire(import.meta.url);

/** Builds for a browser, by the names that the page imports. */
const LIBRARIES = {
  "hls.js": join(dirname(require.resolve("hls.js/package.json")), "dist/hls.mjs"),
  dashjs: join(dirname(require.resolve("dashjs")), "../esm/dash.all.min.js"),
};
const SHAKA = join(dirname(require.resolve("shaka-player/package.json")), "dist/shaka-player.compiled.js");

const IMPORTS = {
  ...Object.fromEntries(Object.keys(LIBRARIES).map((name) => [name, `/library/${name}`])),
  // Made for script elements only.
  "shaka-player": "data:text/javascript,export default globalThis.shaka",
};

const HTML = `<!doctype html>
<meta charset="utf-8">
<title>Players</title>
<link rel="icon" href="data:,">
<script type="importmap">${JSON.stringify({ imports: IMPORTS })}</script>
<script src="/library/shaka-player"></script>
<body></body>
<script type="module" src="/browser/page/main.ts"></script>
`;

export type PageServer = {
  /** Of the page; a secure context, which EME and WebCodecs ask for. */
  url: string;
  /** Licence server for the keys that the server was started with. */
  licenseUrl: string;
  /** Address of one of them, for HLS. */
  keyUrl: (id: string) => string;
  /** Ids in hexadecimal for which players have asked for keys. */
  askedKeyIds: string[];
  close: () => Promise<void>;
};

/** `keys` are hexadecimal, by their hexadecimal ids. */
export async function startPageServer(keys: Record<string, string>): Promise<PageServer> {
  const askedKeyIds: string[] = [];
  const server = await startLocalServer(async (request, response) => {
    const path = request.url ?? "/";
    if (path === "/license") {
      const license = await grantKeys(request, keys, askedKeyIds);
      response.setHeader("content-type", "application/json").end(JSON.stringify(license));
      return;
    }
    const [, keyId] = /^\/key\/([0-9a-f]+)$/.exec(path) ?? [];
    if (keyId !== undefined) {
      askedKeyIds.push(keyId);
      response.end(Buffer.from(keys[keyId] ?? "", "hex"));
      return;
    }
    const page = path === "/" ? { type: "text/html", body: HTML } : await script(path);
    response.writeHead(page === null ? 404 : 200, { "content-type": page?.type ?? "text/plain" });
    response.end(page?.body);
  });
  return {
    url: `${server.origin}/`,
    licenseUrl: `${server.origin}/license`,
    keyUrl: (id) => `${server.origin}/key/${id}`,
    askedKeyIds,
    close: server.close,
  };
}

async function script(path: string): Promise<{ type: string; body: string | Buffer } | null> {
  const type = "text/javascript";
  const name = basename(path);
  if (path === "/library/shaka-player") {
    return { type, body: await readFile(SHAKA) };
  }
  const library = Object.entries(LIBRARIES).find(([library]) => path === `/library/${library}`);
  if (library !== undefined) {
    return { type, body: await readFile(library[1]) };
  }
  const folder = { [`/browser/page/${name}`]: "page", [`/browser/${name}`]: "" }[path];
  if (folder === undefined || !/^[a-z-]+\.ts$/.test(name)) {
    return null;
  }
  return {
    type,
    body: stripTypeScriptTypes(await readFile(join(import.meta.dirname, folder, name), "utf8")),
  };
}

/** The request and the answer of a licence server as EME defines them for `org.w3.clearkey`. */
async function grantKeys(
  request: IncomingMessage,
  knownKeys: Record<string, string>,
  askedKeyIds: string[],
): Promise<object> {
  const { kids }: { kids: string[] } = JSON.parse(await text(request));
  const ids = kids.map((kid) => Buffer.from(kid, "base64url").toString("hex"));
  askedKeyIds.push(...ids);
  const keys = ids.flatMap((id) => {
    const key = knownKeys[id];
    return key === undefined ? [] : [{ kty: "oct", kid: inBase64Url(id), k: inBase64Url(key) }];
  });
  return { keys, type: "temporary" };
}

function inBase64Url(hex: string): string {
  return Buffer.from(hex, "hex").toString("base64url");
}
