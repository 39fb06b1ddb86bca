import { execFile } from "node:child_process";
import { createDecipheriv } from "node:crypto";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { WorkFile } from "../../../../encoder/contract/object-store.ts";
import type { PublishedTrack } from "../../../../encoder/contract/stream.ts";
import { indexFrames, type FrameIndex } from "../../../support/chunked-encode.ts";
import { decryptFragments } from "../../../support/decrypt-fragments.ts";
import { lavfi, makeClip, SHARP_H264 } from "../../../support/make-clip.ts";
import { numbered, shownNumbers } from "../../../support/numbered-clip.ts";
import { aFrame, anAudioSpec, aPictureSpec, aVideoSpec } from "../../../support/output-specs.ts";
import {
  boxSamples,
  boxTypes,
  encodeSound,
  encodeStretches,
  fragmentKeys,
  frameHashes,
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
  const video = aVideoSpec({
    picture: aPictureSpec({ frame: aFrame(160, 90) }),
    frameRate: { num: 30_000, den: 1001 },
    keyframeIntervalSeconds: 6,
  });
  stretches = await encodeStretches(rig, index, video, [1, 2]);
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
    const pssh = aWidevineBox("provider").toString("base64");
    const encryption = { scheme, key: KEY, keyId: KEY_ID, pssh: [pssh] };
    const fragments = { store: rig.sink.store, prefix: "dash", encryption };
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
    const encryption = { scheme: "cenc", key: KEY, keyId: KEY_ID, pssh: [] } as const;
    const target = { store: rig.sink.store, prefix: "dash", encryption: { ...encryption, pssh: [] } };
    const { fragments } = await segmentAll(rig, stretches, "h264", { fragments: target });
    const { init, segments } = fragmentKeys("video/1", fragments!);
    const shown: number[] = [];
    for (const key of segments) {
      const path = await rig.local("one.mp4", [init, key]);
      shown.push(...(await shownNumbers(await copyDecrypted(path))));
    }
    expect(shown).toEqual(numbers);
  });

  it("writes equal bytes when a task is done again, and never counts alike in two stretches", async () => {
    const encryption = { scheme: "cenc", key: KEY, keyId: KEY_ID, pssh: [] } as const;
    const target = { store: rig.sink.store, prefix: "dash", encryption: { ...encryption, pssh: [] } };
    const once = await segmentAll(rig, stretches, "h264", { fragments: target });
    const { segments } = fragmentKeys("video/1", once.fragments!);
    const before = segments.map(bytesOf);
    await segmentAll(rig, stretches, "h264", { fragments: target });
    expect(segments.map(bytesOf).every((bytes, at) => bytes.equals(before[at]!))).toBe(true);
    // The first vector of each segment, behind version, flags and the count of samples in `senc`.
    const vectors = before.map((bytes) => {
      const at = bytes.indexOf("senc") + 12;
      return bytes.subarray(at, at + 8).toString("hex");
    });
    expect(new Set(vectors).size).toBe(4);
  });
});

/** A `pssh` box of Widevine's system (ISO 23001-7 §8.1) with data that means nothing. */
function aWidevineBox(text: string): Buffer {
  const box = Buffer.alloc(32 + text.length);
  box.writeUInt32BE(box.length);
  box.write("pssh", 4);
  box.write("edef8ba979d64acea3c827dcd51d21ed", 12, "hex");
  box.writeUInt32BE(text.length, 28);
  box.write(text, 32);
  return box;
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
