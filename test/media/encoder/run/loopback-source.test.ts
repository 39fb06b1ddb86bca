/**
 * A source that FFmpeg reads over the loopback: it works like a file, and whatever it holds, FFmpeg asks for nothing
 * but the source itself.
 */
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { encodeArgs } from "../../../../encoder/ffmpeg/encode-args.ts";
import { encodeRendition } from "../../../../encoder/run/encode-rendition.ts";
import { packetIndexArgs } from "../../../../encoder/ffmpeg/timeline/packet-index.ts";
import { runFfmpeg, runFfprobe } from "../../../../encoder/run/ffmpeg.ts";
import { indexSource } from "../../../../encoder/run/index-source.ts";
import { probeSource } from "../../../../encoder/run/probe-source.ts";
import { takeImages } from "../../../../encoder/run/take-images.ts";
import { TaskFailure } from "../../../../encoder/run/task-failure.ts";
import { serveBytes, startLocalServer, type LocalServer } from "../../../support/local-server.ts";
import { frameTimes, lavfi, makeClip, makeTestDirectory, SHARP_H264 } from "../../../support/make-clip.ts";
import { anImageSpec, aRenditionSpec } from "../../../support/output-specs.ts";
import { aWorkContext, NO_WATERMARKS } from "../../../support/work-context.ts";

const SOURCE_PATH = "/cache/source";

let directory: Awaited<ReturnType<typeof makeTestDirectory>>;
/** Its index lies at the end. */
let clip: Buffer;
let server: LocalServer;
/** What the server answers with under every path. */
let body: Buffer;
beforeAll(async () => {
  directory = await makeTestDirectory();
  const path = await makeClip(directory.path, "clip.mov", [
    ...lavfi("testsrc2=s=160x90:r=25:d=4"),
    ...lavfi("sine=440:d=4"),
    ...SHARP_H264,
  ]);
  clip = await readFile(path);
});
afterAll(() => directory.remove());
beforeEach(async () => {
  server = await startLocalServer((request, response) => serveBytes(request, response, body));
});
afterEach(() => server.close());

const source = () => ({ url: `${server.origin}${SOURCE_PATH}`, sizeBytes: body.length });
const pathsAsked = () => [...new Set(server.requests.map(({ url }) => url))];

/** Every way in which FFmpeg is let loose on a source; failures are as good as results here. */
async function useSource(): Promise<void> {
  const rendition = aRenditionSpec();
  const plan = {
    sourceUrl: source().url,
    watermarkUrl: null,
    codecs: { video: "h264", audio: "aac" },
    formatName: "mov",
    zeroSeconds: 0,
    zeroStream: null,
    sourceFrameRate: null,
    pass: null,
  };
  const encode = await aWorkContext(directory.path);
  const args = encodeArgs({ ...plan, rendition, threads: 1, outputPath: join(encode.directory, "a.mp4") });
  const run = { expectedSeconds: null, wallLimitMs: 20_000, onProgress: () => {} };
  const attempts = [
    probeSource(source(), await aWorkContext(directory.path)),
    takeImages(
      { source: source(), image: anImageSpec(), threads: 1, watermarks: NO_WATERMARKS },
      await aWorkContext(directory.path),
    ),
    runFfmpeg(args, encode, run),
    runFfprobe(packetIndexArgs(source().url, 0), await aWorkContext(directory.path), "source_not_media"),
  ];
  for (const result of await Promise.allSettled(attempts)) {
    if (result.status === "rejected" && !(result.reason instanceof TaskFailure)) {
      throw result.reason;
    }
  }
}

/**
 * The first track's data reference becomes a Macintosh alias of the file `secret.mov` beside this one (FFmpeg's
 * `mov_read_dref`). The index has to lie at the end, so that nothing else moves.
 */
function withAlias(mov: Buffer): Buffer {
  const name = "/secret.mov";
  const target = Buffer.alloc(200);
  target.writeUInt32BE(target.length, 0);
  target.write("alis", 4);
  // Levels up from the alias and down to the target, behind 10 + 28 + 12 + 64 + 16 bytes of names and dates.
  const levelsAt = 12 + 10 + 28 + 12 + 64 + 16;
  target.writeUInt16BE(1, levelsAt);
  target.writeUInt16BE(1, levelsAt + 2);
  const recordAt = levelsAt + 4 + 16;
  target.writeUInt16BE(2, recordAt);
  target.writeUInt16BE(name.length, recordAt + 2);
  target.write(name, recordAt + 4);
  target.writeInt16BE(-1, recordAt + 4 + name.length + 1);
  const drefAt = mov.indexOf("dref", mov.indexOf("vmhd"));
  const entryAt = drefAt + 12;
  const oldBytes = mov.readUInt32BE(entryAt);
  const grown = Buffer.from(mov);
  for (const type of ["dref", "dinf", "minf", "mdia", "trak", "moov"]) {
    const at = mov.lastIndexOf(type, drefAt) - 4;
    grown.writeUInt32BE(mov.readUInt32BE(at) + target.length - oldBytes, at);
  }
  return Buffer.concat([grown.subarray(0, entryAt), target, grown.subarray(entryAt + oldBytes)]);
}

describe("a source on the loopback", () => {
  it("is probed and encoded like a file, index at the end and all", async () => {
    body = clip;
    const probed = await probeSource(source(), await aWorkContext(directory.path));
    expect(probed.mediaInfo).toMatchObject({ sizeBytes: clip.length, video: { widthPx: 160 } });
    expect(JSON.stringify(probed.ffprobe)).not.toContain("127.0.0.1");
    const ctx = await aWorkContext(directory.path);
    const rendition = aRenditionSpec({ span: { startSeconds: 2, durationSeconds: 1 } });
    const { path } = await encodeRendition(
      { source: source(), rendition, threads: 1, watermarks: NO_WATERMARKS },
      ctx,
    );
    expect(await frameTimes(path)).toHaveLength(25);
    expect(pathsAsked()).toEqual([SOURCE_PATH]);
    expect(server.requests.some(({ headers }) => /^bytes=[1-9]/.test(headers.range ?? ""))).toBe(true);
  });

  it("is indexed like a file", async () => {
    const path = await makeClip(directory.path, "clip.ts", [
      ...lavfi("testsrc2=s=160x90:r=25:d=5"),
      ...SHARP_H264,
    ]);
    body = await readFile(path);
    const ctx = await aWorkContext(directory.path);
    const read = async (startByte: number, endByte: number) => body.subarray(startByte, endByte);
    const timelines = await Promise.all(
      [source().url, `file:${path}`].map(async (url) => {
        const address = { url, sizeBytes: body.length };
        return indexSource({ ...address, read }, await probeSource(address, ctx), ctx);
      }),
    );
    expect(timelines[0]).toMatchObject({ frameCount: 125 });
    expect(timelines[0]).toEqual(timelines[1]);
    expect(pathsAsked()).toEqual([SOURCE_PATH]);
  });

  it.each([
    ["a playlist", (url: string) => `#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\n${url}\n#EXT-X-ENDLIST\n`],
    ["a playlist beside it", () => "#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\nb.ts\n#EXT-X-ENDLIST\n"],
    ["an ffconcat list", (url: string) => `ffconcat version 1.0\nfile '${url}'\n`],
    [
      "a DASH manifest",
      (url: string) =>
        `<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" ` +
        `mediaPresentationDuration="PT5S"><Period><AdaptationSet mimeType="video/mp4">` +
        `<Representation id="1" bandwidth="1"><BaseURL>${url}</BaseURL></Representation></AdaptationSet>` +
        `</Period></MPD>`,
    ],
    [
      "a session description",
      () => "v=0\nc=IN IP4 127.0.0.1\nm=video 5004 RTP/AVP 96\na=rtpmap:96 H264/90000\n",
    ],
  ])("that is %s leads to no second address", async (_, text) => {
    body = Buffer.from(text(`${server.origin}/secret.mov`));
    await useSource();
    expect(pathsAsked()).toEqual([SOURCE_PATH]);
    await expect(probeSource(source(), await aWorkContext(directory.path))).rejects.toMatchObject({
      failure: { code: "source_not_media" },
    });
  });

  it("whose tracks lie in another file leads to no second address", async () => {
    body = withAlias(clip);
    await useSource();
    expect(pathsAsked()).toEqual([SOURCE_PATH]);
    // The alias is one that FFmpeg follows when it is told to.
    const { tools } = await aWorkContext(directory.path);
    await promisify(execFile)(tools.ffprobePath, ["-v", "quiet", "-enable_drefs", "1", "-i", source().url]);
    expect(pathsAsked()).toEqual([SOURCE_PATH, "/cache/secret.mov"]);
  });

  it("that redirects leads to no second address", async () => {
    body = clip;
    const redirecting = await startLocalServer((_, response) => {
      response.writeHead(302, { location: `${server.origin}/elsewhere` }).end();
    });
    try {
      const address = { url: `${redirecting.origin}${SOURCE_PATH}`, sizeBytes: clip.length };
      await expect(probeSource(address, await aWorkContext(directory.path))).rejects.toBeInstanceOf(
        TaskFailure,
      );
      expect(redirecting.requests).toHaveLength(1);
      expect(server.requests).toHaveLength(0);
    } finally {
      await redirecting.close();
    }
  });
});
