import { describe, expect, it } from "vitest";
import { parseJobRequest } from "../../../../worker/schemas/job-request.ts";
import { aPssh } from "../../../support/pssh-boxes.ts";
import { aBody, inProduction } from "../../../support/request-bodies.ts";
import { STREAM_EXAMPLES } from "../../../support/stream-examples.ts";

type Fields = Record<string, unknown>;

const KEY = "0123456789abcdef0123456789abcdef";
const KEY_ID = "fedcba98-7654-3210-fedc-ba9876543210";

const parse = (fields: Fields) => {
  const { spec, secrets } = parseJobRequest(aBody({ outputs: { httpstream: fields } }), inProduction());
  const [output] = spec.outputs;
  if (output?.type !== "httpstream") {
    throw new Error("no stream came out");
  }
  return { stream: output, secrets, spec };
};
const hls = (fields: Fields = {}) => parse({ hls: { path: "/hls", ...fields } });
const dash = (fields: Fields = {}) => parse({ dash: { path: "/dash", ...fields } });

describe("parseHttpstreamOutput", () => {
  it("gives a stream its defaults", () => {
    const { stream } = hls();
    expect(stream).toMatchObject({
      key: "httpstream",
      format: "httpstream",
      path: "/",
      playlistName: "master",
      hls: { path: "/hls", version: 4, isLiveEdge: false, encryption: null },
      dash: null,
      offsetSeconds: 0,
      durationSeconds: null,
      picture: { fit: "pad", transpose: null, watermark: null, deinterlace: null },
      audioTracks: "default",
      subtitles: { tracks: "none", files: [] },
    });
    expect(stream.variants).toHaveLength(7);
    expect(dash().stream).toMatchObject({
      hls: null,
      dash: { path: "/dash", hasHls: false, encryption: null },
    });
  });

  it("takes the sample of Coconut's documentation", () => {
    const { stream } = parse({
      hls: { path: "/hls", version: 3 },
      dash: { path: "/dash", hlsfmp4: true },
      variants: ["mp4:x:64k", "mp4:480p::quality=3,maxrate=1500k"],
    });
    expect(stream).toMatchObject({ hls: { version: 3 }, dash: { hasHls: true } });
    expect(stream.variants.map(({ video }) => video?.codec ?? null)).toEqual([null, "h264"]);
  });

  it.each(["hls", "dash"])("reads variants inside %s", (name) => {
    const { stream } = parse({ [name]: { path: "p/", variants: ["mp4:480p"] }, path: "/v1" });
    expect(stream).toMatchObject({
      path: "/v1",
      [name]: { path: "p/" },
      variants: [{ video: { resolution: { widthPx: null, heightPx: 480 } } }],
    });
  });

  it.each([3, 4, 5, 6, 7])("takes HLS version %i", (version) => {
    expect(hls({ version }).stream.hls?.version).toBe(version);
  });

  it("takes what is done to the picture and which part is shown", () => {
    const shown = { fit: "crop", transpose: 1, hflip: true, vflip: true, deinterlace: true };
    const watermark = { url: "https://cdn.example.com/logo.png?token=canary", position: "topleft" };
    const { stream, secrets } = parse({
      hls: { path: "/" },
      ...shown,
      watermark,
      offset: 3,
      duration: 9,
    });
    expect(stream).toMatchObject({
      picture: { ...shown, watermark: { source: 0, position: "topleft" } },
      offsetSeconds: 3,
      durationSeconds: 9,
    });
    expect(secrets.watermarkUrls).toEqual([watermark.url]);
  });

  it("takes HEVC in both packages and AV1 in fragmented MP4", () => {
    const variants = ["mp4:hevc_720p", "mp4:x"];
    expect(parse({ hls: { path: "/a" }, dash: { path: "/b" }, variants }).stream.variants).toMatchObject([
      { video: { codec: "hevc" } },
      { video: null },
    ]);
    expect(
      parse({ dash: { path: "/b", hlsfmp4: true }, variants: ["mp4:av1_720p"] }).stream.variants,
    ).toMatchObject([{ video: { codec: "av1" } }]);
  });

  it.each<[string, Fields]>([
    ["one folder for both packages without a file in common", { dash: { path: "/hls" } }],
    ["a package beside the media of the other", { dash: { path: "/hls/dash", hlsfmp4: true } }],
    ["a package above the other", { dash: { path: "/" }, subtitles: "all" }],
  ])("takes %s", (_, fields) => {
    expect(parse({ hls: { path: "/hls" }, ...fields }).stream.dash).not.toBeNull();
  });
});

describe("parseHls", () => {
  it("keeps a given key apart, in lower case, and its address in the job", () => {
    const { stream, secrets, spec } = hls({
      encryption_key: KEY.toUpperCase(),
      encryption_key_uri: "https://keys.example.com/1?a=b",
    });
    expect(stream.hls?.encryption).toEqual({
      keys: 0,
      keyUri: "https://keys.example.com/1?a=b",
      segmentsPerKey: null,
    });
    expect(secrets.streamKeys).toEqual([[KEY]]);
    expect(JSON.stringify(spec).toLowerCase()).not.toContain(KEY);
  });

  it("stores a given key beside the media when it has no address", () => {
    expect(hls({ encryption_key: KEY }).stream.hls?.encryption).toEqual({
      keys: 0,
      keyUri: null,
      segmentsPerKey: null,
    });
  });

  it("makes one key of 16 bytes, or a seed of 32 for keys that change", () => {
    const { spec, secrets } = parseJobRequest(
      aBody({
        outputs: {
          httpstream: [
            { hls: { path: "/a", encryption: true } },
            { hls: { path: "/b", encryption: { rotate_every: 10 } } },
            { hls: { path: "/c", encryption: false } },
          ],
        },
      }),
      inProduction(),
    );
    const requests = spec.outputs.map((output) => output.type === "httpstream" && output.hls?.encryption);
    expect(requests).toEqual([
      { keys: 0, keyUri: null, segmentsPerKey: null },
      { keys: 1, keyUri: null, segmentsPerKey: 10 },
      null,
    ]);
    expect(secrets.streamKeys).toEqual([["01".repeat(16)], ["02".repeat(32)]]);
    for (const [key] of secrets.streamKeys) {
      expect(JSON.stringify(spec)).not.toContain(key);
    }
  });

  it("takes live_edge", () => {
    expect(hls({ live_edge: true }).stream.hls?.isLiveEdge).toBe(true);
  });

  it.each<[string, Fields]>([
    ["beside hls", { hls: { path: "/" }, hls_encryption_key: KEY, hls_encryption_key_uri: "http://k/1" }],
    ["inside hls", { hls: { path: "/", hls_encryption_key: KEY, hls_encryption_key_uri: "http://k/1" } }],
  ])("takes the names of Coconut's first API %s", (_, fields) => {
    const { stream, secrets } = parse(fields);
    expect(stream.hls?.encryption).toMatchObject({ keys: 0, keyUri: "http://k/1" });
    expect(secrets.streamKeys).toEqual([[KEY]]);
  });
});

describe("parseDash", () => {
  const encrypted = { encryption_key: KEY, encryption_key_id: KEY_ID };

  it("takes a key and its id, as a UUID or as digits", () => {
    const { stream, secrets, spec } = dash(encrypted);
    expect(stream.dash?.encryption).toEqual({
      scheme: "cenc",
      keys: 0,
      keyId: "fedcba9876543210fedcba9876543210",
      widevine: null,
      playready: null,
      fairplay: null,
      clearkey: null,
    });
    expect(secrets.streamKeys).toEqual([[KEY]]);
    expect(JSON.stringify(spec)).not.toContain(KEY);
    const digits = { ...encrypted, encryption_key_id: KEY_ID.replaceAll("-", "").toUpperCase() };
    expect(dash(digits).stream.dash?.encryption?.keyId).toBe("fedcba9876543210fedcba9876543210");
  });

  it("takes every system", () => {
    const [widevine, playready] = [aPssh("widevine", ["a".repeat(32)]), aPssh("playready")];
    const { stream } = dash({
      ...encrypted,
      hlsfmp4: true,
      encryption_scheme: "cbcs",
      widevine_pssh: widevine,
      widevine_laurl: "https://wv.example.com/license?a=1&b=2",
      playready_pssh: playready,
      fairplay_key_uri: "skd://asset-7?x",
      clearkey_laurl: "http://10.0.0.1:8080/keys",
    });
    expect(stream.dash).toMatchObject({
      hasHls: true,
      encryption: {
        scheme: "cbcs",
        widevine: { pssh: widevine, licenseUrl: "https://wv.example.com/license?a=1&b=2" },
        playready: { pssh: playready, licenseUrl: null },
        fairplay: { keyUri: "skd://asset-7?x" },
        clearkey: { licenseUrl: "http://10.0.0.1:8080/keys" },
      },
    });
  });

  it("takes the names of Coconut's first API", () => {
    const { stream } = parse({
      dash: { path: "/dash", encryption_key_id: KEY_ID },
      dash_encryption_key: KEY,
      dash_widevine_pssh: aPssh("widevine"),
      dash_playready_laurl: "https://pr.example.com/rights",
    });
    expect(stream.dash?.encryption).toMatchObject({
      widevine: { pssh: aPssh("widevine"), licenseUrl: null },
      playready: { pssh: null, licenseUrl: "https://pr.example.com/rights" },
    });
  });
});

describe("parseAudioTracks", () => {
  it("takes all, or languages in their canonical form, each once", () => {
    const tracks = (value: unknown) => parse({ hls: { path: "/" }, audio_tracks: value }).stream.audioTracks;
    expect(tracks("all")).toBe("all");
    expect(tracks(["eng", "en", "PT-br", "ger"])).toEqual(["en", "pt-BR", "de"]);
    expect(tracks(null)).toBe("default");
  });

  it("takes one language in HLS version 3, which has room for one sound", () => {
    const { stream } = parse({ hls: { path: "/", version: 3 }, audio_tracks: ["en"] });
    expect(stream.audioTracks).toEqual(["en"]);
  });
});

describe("parseSubtitles", () => {
  const subtitles = (value: unknown) => parse({ hls: { path: "/" }, subtitles: value });

  it("takes all tracks of the source, some, or none", () => {
    expect(subtitles("all").stream.subtitles).toEqual({ tracks: "all", files: [] });
    expect(subtitles(["fre", "en"]).stream.subtitles).toEqual({ tracks: ["fr", "en"], files: [] });
    expect(subtitles([]).stream.subtitles).toEqual({ tracks: "none", files: [] });
  });

  it("takes files beside tracks, names them by their language and keeps their addresses apart", () => {
    const url = "https://user:canary@cdn.example.com/de.srt?token=canary";
    const { stream, secrets, spec } = subtitles([
      "all",
      { url, language: "deu", default: true },
      { url: `${url}#x`, language: "de", name: "Deutsch (erzwungen)", forced: true },
      { url: "https://cdn.example.com/pt.vtt", language: "pt-br" },
    ]);
    expect(stream.subtitles).toEqual({
      tracks: "all",
      files: [
        { source: 0, language: "de", name: "German", isDefault: true, isForced: false },
        { source: 0, language: "de", name: "Deutsch (erzwungen)", isDefault: false, isForced: true },
        { source: 1, language: "pt-BR", name: "Brazilian Portuguese", isDefault: false, isForced: false },
      ],
    });
    expect(secrets.subtitleUrls).toEqual([url, "https://cdn.example.com/pt.vtt"]);
    expect(JSON.stringify(spec)).not.toContain("canary");
    expect(JSON.stringify(spec)).not.toContain("cdn.example.com");
  });
});

describe("the streams of OUTPUTS.md", () => {
  it.each(STREAM_EXAMPLES)("are taken: $about", ({ outputs, packages }) => {
    const { spec } = parseJobRequest(aBody({ outputs }), inProduction());
    const formats = spec.outputs.flatMap((output) =>
      output.type === "httpstream"
        ? [output.hls && "hls", output.dash && "dash", output.dash?.hasHls && "hlsfmp4"]
        : [],
    );
    expect(formats.filter(Boolean)).toEqual(packages);
  });
});
