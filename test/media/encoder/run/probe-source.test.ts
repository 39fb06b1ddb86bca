import { createServer } from "node:http";
import { once } from "node:events";
import { copyFile, readFile, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { probeWarnings } from "../../../../encoder/ffmpeg/probe/judge-tracks.ts";
import { probeSource } from "../../../../encoder/run/probe-source.ts";
import {
  corners,
  lavfi,
  makeClip,
  makeTestDirectory,
  SHARP_H264,
  turnClip,
} from "../../../support/make-clip.ts";
import { sourceAt } from "../../../support/source-at.ts";
import { aWorkContext } from "../../../support/work-context.ts";

let directory: Awaited<ReturnType<typeof makeTestDirectory>>;
let clip: string;
beforeAll(async () => {
  directory = await makeTestDirectory();
  clip = await makeClip(directory.path, "clip.mp4", [
    ...lavfi("testsrc2=s=320x180:r=25:d=2"),
    ...lavfi("sine=440:d=2"),
    ...SHARP_H264,
    ...["-c:a", "aac", "-metadata", "title=Clip"],
  ]);
});
afterAll(() => directory.remove());

async function probe(path: string) {
  return probeSource(await sourceAt(path), await aWorkContext(directory.path));
}

/** Writes a file and probes it. */
async function probeText(name: string, text: string | Buffer) {
  const path = join(directory.path, name);
  await writeFile(path, text);
  return probe(path);
}

const failure = (code: string) => expect.objectContaining({ failure: expect.objectContaining({ code }) });

describe("probeSource", () => {
  it("tells what a file is without telling where it lay", async () => {
    const { mediaInfo, ffprobe } = await probe(clip);
    expect(mediaInfo).toMatchObject({
      mimeType: "video/mp4",
      durationSeconds: expect.closeTo(2, 1),
      video: { codec: "h264", widthPx: 320, heightPx: 180, frameRate: { num: 25, den: 1 } },
      audio: { codec: "aac", sampleRateHz: 44100 },
    });
    expect(mediaInfo.sizeBytes).toBe((await readFile(clip)).length);
    expect(ffprobe.format).toMatchObject({ filename: "", tags: { title: "Clip" } });
    expect(JSON.stringify(ffprobe)).not.toContain(directory.path);
  });

  it.each(["we ird:%d;$(x).mp4", "-i.mp4", "http:evil.mp4", "ünï\ncode.mp4"])(
    "reads a file called %j",
    async (name) => {
      const path = join(directory.path, name);
      await copyFile(clip, path);
      expect((await probe(path)).mediaInfo.video?.widthPx).toBe(320);
    },
  );

  it("reads the turn of a picture", async () => {
    for (const degrees of [90, 180, 270] as const) {
      const args = [...lavfi(corners(320, 180)), "-t", "0.2", ...SHARP_H264];
      const turned = await makeClip(directory.path, `turned-${degrees}.mp4`, args);
      await turnClip(turned, degrees);
      expect((await probe(turned)).mediaInfo.video).toMatchObject({ rotationDegrees: degrees });
    }
  });

  it.each(["mp4", "mkv"])(
    "lists the sounds and the text of an %s with what they say of themselves",
    async (to) => {
      const text = join(directory.path, "text.srt");
      await writeFile(text, "1\n00:00:00,500 --> 00:00:01,000\nHello\n");
      const sines = [...lavfi("sine=440:d=2"), ...lavfi("sine=880:d=2"), ...lavfi("sine=1760:d=2")];
      const path = await makeClip(directory.path, `languages.${to}`, [
        ...[...lavfi("testsrc2=s=64x64:r=25:d=2"), ...sines, "-i", text, "-i", text],
        ...["-map", "0", "-map", "1", "-map", "2", "-map", "3", "-map", "4", "-map", "5", ...SHARP_H264],
        ...["-c:a", "aac", "-c:s", to === "mp4" ? "mov_text" : "srt"],
        ...[
          "-metadata:s:a:0",
          "language=eng",
          "-metadata:s:a:1",
          "language=fre",
          "-metadata:s:a:2",
          "language=und",
        ],
        ...["-metadata:s:s:0", "language=ger", "-metadata:s:s:1", "language=spa"],
        ...["-disposition:a:0", "0", "-disposition:a:1", "default", "-disposition:s:0", "0"],
        ...["-disposition:s:1", "forced"],
      ]);
      const { mediaInfo } = await probe(path);
      expect(mediaInfo.audioTracks).toMatchObject([
        { streamIndex: 1, codec: "aac", channels: 1, language: "eng", isDefault: false },
        { streamIndex: 2, language: "fre", isDefault: true },
        { streamIndex: 3, language: null, isDefault: false },
      ]);
      expect(mediaInfo.audio?.streamIndex).toBe(2);
      expect(mediaInfo.subtitleTracks).toMatchObject([
        { streamIndex: 4, codec: to === "mp4" ? "mov_text" : "subrip", language: "ger", isForced: false },
        { streamIndex: 5, language: "spa", isForced: true },
      ]);
    },
  );

  it("refuses an empty file", async () => {
    await expect(probeText("empty.mp4", "")).rejects.toEqual(failure("source_empty"));
  });

  it("refuses text, noise and a file that breaks off before its index", async () => {
    await expect(probeText("text.mp4", "this is no video\n".repeat(100))).rejects.toEqual(
      failure("source_not_media"),
    );
    const noise = Buffer.from(
      Array.from({ length: 50_000 }, (_, index) => (index * 7919 + (index >> 3)) % 251),
    );
    await expect(probeText("noise.mp4", noise)).rejects.toEqual(failure("source_not_media"));
    const cutOff = join(directory.path, "cut-off.mp4");
    await copyFile(clip, cutOff);
    await truncate(cutOff, 20_000);
    await expect(probe(cutOff)).rejects.toEqual(failure("source_not_media"));
  });

  it("takes a still picture for a video of one frame", async () => {
    const png = await makeClip(directory.path, "a.png", [...lavfi("testsrc2=s=64x48"), "-frames:v", "1"]);
    expect((await probe(png)).mediaInfo).toMatchObject({
      mimeType: "image/png",
      durationSeconds: 0.04,
      video: { codec: "png", widthPx: 64, heightPx: 48, colour: { matrix: "rgb", range: "pc" } },
      audio: null,
    });
  });

  it("refuses subtitles and drawings, which are no source", async () => {
    await expect(probeText("a.srt", "1\n00:00:00,000 --> 00:00:01,000\nHello\n")).rejects.toEqual(
      failure("source_not_media"),
    );
    const svg =
      '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><image href="secret.png"/></svg>';
    await expect(probeText("a.svg", svg)).rejects.toEqual(failure("source_not_media"));
  });

  it("refuses a small file that unpacks into a huge picture", async () => {
    const bomb = await makeClip(directory.path, "bomb.png", [
      ...lavfi("color=black:s=9000x5000,format=gray"),
      ...["-frames:v", "1"],
    ]);
    await expect(probe(bomb)).rejects.toMatchObject({
      failure: { code: "source_limits_exceeded", limit: expect.stringContaining("8192x4320") },
    });
  });

  /** The clip with other names in its sample entries; the names stand behind their media headers. */
  async function renamed(
    name: string,
    entries: readonly (readonly [media: string, from: string, to: string])[],
  ) {
    const file = await readFile(clip);
    for (const [media, from, to] of entries) {
      file.write(to, file.indexOf(from, file.indexOf(media)), "latin1");
    }
    return probeText(name, file);
  }
  const UNKNOWN_SOUND = [
    ["smhd", "mp4a", "apac"],
    ["smhd", "esds", "free"],
  ] as const;
  const UNKNOWN_PICTURE = [
    ["vmhd", "avc1", "xxxx"],
    ["vmhd", "avcC", "free"],
  ] as const;

  it("goes on with the picture when it does not know the sound, and says so", async () => {
    const probed = await renamed("apac.mp4", UNKNOWN_SOUND);
    expect(probed.mediaInfo).toMatchObject({ video: { codec: "h264" }, audio: null });
    expect(probeWarnings(probed)).toEqual([{ code: "track_not_decodable", streamIndex: 1, codec: "apac" }]);
  });

  it("names the track of a file in which it knows nothing", async () => {
    await expect(renamed("unknown.mp4", [...UNKNOWN_SOUND, ...UNKNOWN_PICTURE])).rejects.toMatchObject({
      failure: { code: "video_not_decodable", streamIndex: 0, codec: "xxxx" },
    });
  });

  it("refuses an encrypted picture or sound, by its sample entry", async () => {
    await expect(renamed("encv.mp4", [["vmhd", "avc1", "encv"]])).rejects.toMatchObject({
      failure: { code: "source_encrypted", streamIndex: 0 },
    });
    await expect(renamed("enca.mp4", [["smhd", "mp4a", "enca"]])).rejects.toMatchObject({
      failure: { code: "source_encrypted", streamIndex: 1 },
    });
  });

  it("refuses a picture that is larger than allowed, by its header alone", async () => {
    const huge = await makeClip(directory.path, "huge.mp4", [
      ...lavfi("color=s=8704x4352:d=0.04:r=25"),
      ...["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p"],
    ]);
    await expect(probe(huge)).rejects.toMatchObject({
      failure: { code: "source_limits_exceeded", limit: expect.stringContaining("8192x4320") },
    });
  });

  it.each([65, 70])("refuses %i streams", async (count) => {
    const maps = Array.from({ length: count }, () => ["-map", "0:a"]).flat();
    for (const name of ["many.mkv", "many.mov"]) {
      const many = await makeClip(directory.path, name, [
        ...lavfi("sine=d=0.1"),
        ...maps,
        "-c:a",
        "pcm_s16le",
      ]);
      await expect(probe(many)).rejects.toMatchObject({
        failure: { code: "source_limits_exceeded", limit: "at most 64 streams" },
      });
    }
  });

  it("refuses a duration that no source has", async () => {
    const long = await makeClip(directory.path, "long.mkv", [
      ...lavfi("color=s=16x16:r=1:d=2"),
      ...[
        "-vf",
        "setpts=PTS*100000",
        "-fps_mode",
        "passthrough",
        "-enc_time_base",
        "1:1000",
        "-c:v",
        "libx264",
      ],
    ]);
    await expect(probe(long)).rejects.toMatchObject({
      failure: { code: "source_limits_exceeded", limit: "a duration of at most 24 hours" },
    });
  });

  /** FFmpeg opens what a list names. A customer's file must reach no other file and no address, by any road. */
  describe("for a list of other files in disguise", () => {
    const hls = (uri: string) => `#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\n${uri}\n#EXT-X-ENDLIST\n`;

    it("makes no request", async () => {
      let requests = 0;
      const server = createServer((_, response) => {
        requests += 1;
        response.end();
      });
      server.listen(0, "127.0.0.1");
      await once(server, "listening");
      const address = server.address();
      const url = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
      const mpd =
        `<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" ` +
        `mediaPresentationDuration="PT5S"><Period><BaseURL>${url}/</BaseURL><AdaptationSet mimeType="video/mp4">` +
        `<Representation id="1" bandwidth="1"><BaseURL>i.mp4</BaseURL></Representation></AdaptationSet></Period></MPD>`;
      try {
        for (const text of [hls(`${url}/a.ts`), `ffconcat version 1.0\nfile '${url}/a.mp4'\n`, mpd]) {
          await expect(probeText("list.mp4", text)).rejects.toEqual(failure("source_not_media"));
        }
        expect(requests).toBe(0);
      } finally {
        server.close();
      }
    });

    it("opens no local file", async () => {
      const segment = await makeClip(directory.path, "secret.ts", ["-i", clip, "-c", "copy"]);
      const lists = [
        hls(`file://${segment}`),
        hls("secret.ts"),
        hls(segment),
        "ffconcat version 1.0\nfile secret.ts\n",
        `ffconcat version 1.0\nfile '${segment}'\n`,
      ];
      for (const text of lists) {
        await expect(probeText("list.mp4", text)).rejects.toEqual(failure("source_not_media"));
      }
    });

    it("follows no reference out of a QuickTime file", async () => {
      const secret = await makeClip(directory.path, "secret.mp4", ["-i", clip, "-c", "copy"]);
      const reference = Buffer.from(await readFile(secret));
      // A data reference that is not self-contained points to another file; FFmpeg must stay in this one.
      const flagsAt = reference.indexOf("url ") + 4;
      reference.writeUInt32BE(0, flagsAt);
      const { mediaInfo } = await probeText("reference.mov", reference);
      expect(mediaInfo.video?.widthPx).toBe(320);
    });
  });
});
