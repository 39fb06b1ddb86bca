import { execFile } from "node:child_process";
import { createDecipheriv } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { WorkFile } from "../../../../encoder/contract/object-store.ts";
import type { PublishedTrack } from "../../../../encoder/contract/stream.ts";
import { indexFrames, type FrameIndex } from "../../../support/chunked-encode.ts";
import { decryptFragments } from "../../../support/decrypt-fragments.ts";
import { lavfi, makeClip, SHARP_H264 } from "../../../support/make-clip.ts";
import { numbered, shownNumbers } from "../../../support/numbered-clip.ts";
import { aFrame, anAudioSpec, aPictureSpec, aVideoSpec } from "../../../support/output-specs.ts";
import { aPssh } from "../../../support/pssh-boxes.ts";
import {
  boxSamples,
  boxTypes,
  encodeSound,
  encodeStretches,
  fragmentKeys,
  frameHashes,
  gridFrames,
  segmentAll,
  segmentSound,
  startStreamRig,
  transportKeys,
  type StreamRig,
  type Stretch,
} from "../../../support/stream-rig.ts";

const execute = promisify(execFile);

const KEY = "000102030405060708090a0b0c0d0e0f";
const KEY_ID = "00112233445566778899aabbccddeeff";

const VIDEO = aVideoSpec({
  picture: aPictureSpec({ frame: aFrame(160, 90) }),
  frameRate: { num: 30_000, den: 1001 },
  keyframeIntervalSeconds: 6,
});

let rig: StreamRig;
let index: FrameIndex;
let stretches: Stretch[];
let sound: WorkFile;
let numbers: number[];
beforeAll(async () => {
  rig = await startStreamRig();
  const path = await makeClip(rig.directory, "source.mp4", [
    ...[...lavfi(numbered("30000/1001", 20)), ...lavfi("sine=f=440:d=20:r=48000")],
    ...[...SHARP_H264, "-g", "50", "-c:a", "aac", "-ac", "2"],
  ]);
  index = await indexFrames(path);
  stretches = await encodeStretches(rig, index, VIDEO, [1, 2]);
  sound = await encodeSound(rig, path, anAudioSpec());
  numbers = await shownNumbers(path);
});
afterAll(() => rig.close());

const bytesOf = (key: string): Buffer => rig.sink.objects.get(key)?.bytes ?? Buffer.alloc(0);

/** What the track's segments and their times are when nothing is encrypted. */
const timesOf = (track: PublishedTrack | null) =>
  track?.segments.map(({ number, durationTicks }) => [number, durationTicks]);

describe("AES-128 of segments", () => {
  it("encrypts each whole segment with the key of its number, its number as the IV", async () => {
    const keys = [KEY, KEY_ID, "ffeeddccbbaa99887766554433221100"];
    const { pieces } = await segmentSound(rig, sound, stretches);
    const plain = await segmentAll(rig, stretches, "h264", { pieces });
    const plainBytes = transportKeys("media-1", plain.transport!).map(bytesOf);
    const { transport } = await segmentAll(rig, stretches, "h264", {
      pieces,
      transport: { store: rig.sink.store, prefix: "hls", encryption: { keys, segmentsPerKey: 1 } },
    });
    expect(timesOf(transport)).toEqual(timesOf(plain.transport));
    const decrypted = transportKeys("media-1", transport!).map((key, number) => {
      expect(transport!.segments[number]).toMatchObject({
        sizeBytes: bytesOf(key).length,
        keyframeBytes: null,
      });
      const iv = Buffer.from(number.toString(16).padStart(32, "0"), "hex");
      // The last key serves all that follow.
      const value = Buffer.from(keys[Math.min(number, 2)] ?? "", "hex");
      const decipher = createDecipheriv("aes-128-cbc", value, iv);
      return Buffer.concat([decipher.update(bytesOf(key)), decipher.final()]);
    });
    expect(decrypted.map((bytes, at) => bytes.equals(plainBytes[at] ?? Buffer.alloc(0)))).toEqual([
      ...[true, true, true, true],
    ]);
  });
});

describe("common encryption", () => {
  it.each(["cenc", "cbcs"] as const)("encrypts pictures and sound with %s", async (scheme) => {
    const pssh = aPssh("widevine");
    const fragments = target(scheme, { pssh: [pssh] });
    const plainSound = await segmentSound(rig, sound, stretches);
    const plain = await segmentAll(rig, stretches, "h264");
    const plainInit = await rig.local("plain-sound.mp4", soundKeys(plainSound.fragments!));
    const heard = await frameHashes(plainInit, "0:a:0");
    const secretSound = await segmentSound(rig, sound, stretches, { fragments });
    const secret = await segmentAll(rig, stretches, "h264", { fragments });
    expect(timesOf(secret.fragments)).toEqual(timesOf(plain.fragments));
    expect(timesOf(secretSound.fragments)).toEqual(timesOf(plainSound.fragments));
    expect([secret.fragments!.codecs, secretSound.fragments!.codecs]).toEqual([
      plain.fragments!.codecs,
      plainSound.fragments!.codecs,
    ]);
    const picture = fragmentKeys("video/1", secret.fragments!);
    const pictureKeys = [picture.init, ...picture.segments];
    expect(secret.fragments!.segments.map(({ sizeBytes }) => sizeBytes)).toEqual(
      picture.segments.map((key) => bytesOf(key).length),
    );
    const path = await rig.local(`secret-${scheme}.mp4`, pictureKeys);
    const types = await boxTypes(path);
    expect(types.filter((type) => type.endsWith("mehd"))).toEqual([]);
    expect(bytesOf(picture.init).includes(Buffer.from(pssh, "base64"))).toBe(true);
    // The times stay: every sample where it was, from zero on.
    const times = await boxSamples(path);
    const sorted = times.map(({ pts }) => pts).toSorted((one, other) => one - other);
    expect(sorted).toEqual(numbers.map((_, frame) => (frame * times[0]!.timescale * 1001) / 30_000));
    // Nothing of the pictures is readable without the key.
    expect(await shownNumbers(path).catch(() => [])).not.toEqual(numbers);
    expect(await shownNumbers(await decrypt(path, "video"))).toEqual(numbers);
    const soundPath = await rig.local(`secret-sound-${scheme}.mp4`, soundKeys(secretSound.fragments!));
    expect(await frameHashes(await decrypt(soundPath, "audio"), "0:a:0")).toEqual(heard);
  });

  it("lets FFmpeg decrypt each segment of cenc by itself", async () => {
    const { fragments } = await segmentAll(rig, stretches, "h264", { fragments: target("cenc") });
    const { init, segments } = fragmentKeys("video/1", fragments!);
    const shown: number[] = [];
    for (const key of segments) {
      const path = await rig.local("one.mp4", [init, key]);
      shown.push(...(await shownNumbers(await copyDecrypted(path))));
    }
    expect(shown).toEqual(numbers);
  });

  it("leaves each segment's keyframe readable by its bytes alone", async () => {
    const { fragments } = await segmentAll(rig, stretches, "h264", { fragments: target("cenc") });
    const { init, segments } = fragmentKeys("video/1", fragments!);
    const shown: number[] = [];
    for (const [at, key] of segments.entries()) {
      const path = join(rig.directory, "keyframe.mp4");
      const { keyframeBytes } = fragments!.segments[at]!;
      await writeFile(path, Buffer.concat([bytesOf(init), bytesOf(key).subarray(0, keyframeBytes!)]));
      shown.push(...(await shownNumbers(await copyDecrypted(path))));
    }
    const starts = gridFrames(index, [0, 1, 2, 3]);
    expect(shown).toEqual(starts.map((frame) => numbers[frame]));
  });

  it("has the common box beside the customer's, by which clear keys are found", async () => {
    const pssh = [aPssh("widevine"), aPssh("playready")];
    const { fragments } = await segmentAll(rig, stretches, "h264", { fragments: target("cbcs", { pssh }) });
    const init = bytesOf(fragmentKeys("video/1", fragments!).init);
    const common = `1077efecc0b24d02ace33c1e52e2fb4b00000001${KEY_ID}00000000`;
    const boxes = [...pssh.map((box) => Buffer.from(box, "base64")), Buffer.from(common, "hex")];
    expect(boxes.map((box) => init.includes(box))).toEqual([true, true, true]);
  });
});

describe("counters of cenc", () => {
  it("are the same when a task is done again, and so are all bytes", async () => {
    const once = await publishedBytes("cenc");
    const again = await publishedBytes("cenc");
    expect(once.map((bytes, at) => bytes.equals(again[at]!))).toEqual([true, true, true, true, true]);
  });

  it("grow by one with each sample, and no two samples of a track have the same", async () => {
    const [, ...segments] = await publishedBytes("cenc");
    const vectors = segments.map(vectorsOf);
    expect(vectors.map(({ length }) => length).reduce((sum, count) => sum + count)).toBe(numbers.length);
    for (const list of vectors) {
      expect(list).toEqual(list.map((_, sample) => BigInt.asUintN(64, list[0]! + BigInt(sample))));
    }
    expect(new Set(vectors.flat()).size).toBe(numbers.length);
  });

  it("are others in each output of a job", async () => {
    await expectNoneShared(await publishedBytes("cenc"), await publishedBytes("cenc", { prefix: "other" }));
  });

  it("are others when a stretch is encoded anew and published in place of the one before", async () => {
    const softer = aVideoSpec({
      ...VIDEO,
      rate: { mode: "quality", crf: 40, maxrateBps: null },
    });
    const anew = await encodeStretches(rig, index, softer, [1, 2]);
    await expectNoneShared(await publishedBytes("cenc"), await publishedBytes("cenc", { stretches: anew }));
  });
});

describe("the IV of cbcs", () => {
  it("is one for all stretches of a track and for what replaces them, and another in each output", async () => {
    const [init] = await publishedBytes("cbcs");
    const [, , last] = stretches;
    // A stretch that is redone leaves the description alone: only the first one writes it.
    await segmentAll(rig, [last!], "h264", { fragments: target("cbcs") });
    const redone = bytesOf("dash/video/1/init.mp4");
    const [other] = await publishedBytes("cbcs", { prefix: "other" });
    expect(ivOfTrack(redone)).toBe(ivOfTrack(init!));
    expect(ivOfTrack(other!)).not.toBe(ivOfTrack(init!));
  });
});

const target = (
  scheme: "cenc" | "cbcs",
  { prefix = "dash", pssh = [] }: { prefix?: string; pssh?: string[] } = {},
) => ({ store: rig.sink.store, prefix, encryption: { scheme, key: KEY, keyId: KEY_ID, pssh } });

/** The description and the segments of the picture, as they are stored. */
async function publishedBytes(
  scheme: "cenc" | "cbcs",
  { prefix = "dash", stretches: parts = stretches }: { prefix?: string; stretches?: Stretch[] } = {},
): Promise<Buffer[]> {
  const { fragments } = await segmentAll(rig, parts, "h264", { fragments: target(scheme, { prefix }) });
  const { init, segments } = fragmentKeys("video/1", fragments!);
  return [init, ...segments].map((key) => bytesOf(key.replace(/^dash/, prefix)));
}

async function expectNoneShared(some: readonly Buffer[], others: readonly Buffer[]): Promise<void> {
  const [one, other] = [some, others].map((list) => list.slice(1).flatMap(vectorsOf));
  expect([one?.length, other?.length]).toEqual([numbers.length, numbers.length]);
  expect(one?.filter((vector) => other?.includes(vector))).toEqual([]);
}

/** Of every sample of a segment of `cenc`, from `senc` (ISO 23001-7 §7.2): each has its parts in clear behind it. */
function vectorsOf(segment: Buffer): bigint[] {
  const senc = segment.indexOf("senc") + 4;
  const hasParts = (segment.readUInt32BE(senc) & 2) !== 0;
  let at = senc + 8;
  return Array.from({ length: segment.readUInt32BE(senc + 4) }, () => {
    const vector = segment.readBigUInt64BE(at);
    at += hasParts ? 10 + 6 * segment.readUInt16BE(at + 8) : 8;
    return vector;
  });
}

/** The constant vector in a description, behind the key id and its own length (ISO 23001-7 §8.2). */
function ivOfTrack(init: Buffer): string {
  const at = init.indexOf(Buffer.from(KEY_ID, "hex"), init.indexOf("tenc")) + 16;
  expect(init[at]).toBe(16);
  return init.toString("hex", at + 1, at + 17);
}

function soundKeys(track: PublishedTrack): string[] {
  const { init, segments } = fragmentKeys("audio/1", track);
  return [init, ...segments];
}

const decrypt = (path: string, stream: "video" | "audio") =>
  decryptFragments(path, stream, { key: KEY, keyId: KEY_ID });

async function copyDecrypted(path: string): Promise<string> {
  const output = `${path}.copy.mp4`;
  await execute("ffmpeg", ["-v", "error", "-y", "-decryption_key", KEY, "-i", path, "-c", "copy", output]);
  return output;
}
