import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Rational } from "../../../encoder/contract/media-info.ts";
import type { PlacedTrack, PublishedTrack } from "../../../encoder/contract/stream.ts";
import { indexFrames } from "../../support/chunked-encode.ts";
import { aPackageTask } from "../../support/encoder-tasks.ts";
import {
  aFragmentPackage,
  aLadder,
  aLadderPicture,
  aLadderSound,
  aTransportPackage,
  someLicenses,
} from "../../support/ladders.ts";
import { lavfi, makeClip, SHARP_H264 } from "../../support/make-clip.ts";
import { aFrame, anAudioSpec, aPictureSpec, aVideoSpec } from "../../support/output-specs.ts";
import { agreeWithParsers } from "../../support/stream-lint/agree-with-parsers.ts";
import { packageSource } from "../../support/stream-lint/lint-package.ts";
import { errorsOf, lintStream } from "../../support/stream-lint/lint-stream.ts";
import {
  encodeSound,
  encodeStretches,
  resultOf,
  segmentAll,
  segmentSound,
  startStreamRig,
  type StreamRig,
} from "../../support/stream-rig.ts";

const SECONDS = 20;
const KEY = "000102030405060708090a0b0c0d0e0f";
const KEY_ID = "a0a1a2a3a4a5a6a7a8a9aaabacadaeaf";

let rig: StreamRig;
beforeAll(async () => {
  rig = await startStreamRig();
});
afterAll(() => rig.close());

type Case = {
  rate: string;
  frameRate: Rational | null;
  codec: "h264" | "hevc" | "av1";
  numbers: readonly number[] | "whole";
  scheme?: "cenc" | "cbcs";
};

const placed = (track: PublishedTrack | null, folder: string): PlacedTrack | null =>
  track && { ...track, folder };

/** Encodes, segments and packages a clip; gives the directory with all that is in the store. */
async function packaged({ rate, frameRate, codec, numbers, scheme }: Case): Promise<string> {
  rig.sink.objects.clear();
  const clip = await makeClip(rig.directory, "source.mp4", [
    ...lavfi(`testsrc2=s=160x90:r=${rate}:d=${SECONDS}`),
    ...lavfi(`sine=f=440:d=${SECONDS}:r=48000`),
    ...[...SHARP_H264, "-g", "50", "-c:a", "aac", "-ac", "2"],
  ]);
  const index = await indexFrames(clip);
  const video = aVideoSpec({
    codec,
    frameRate,
    picture: aPictureSpec({ frame: aFrame(160, 90) }),
    rate: { mode: "quality", crf: 24, maxrateBps: null },
    keyframeIntervalSeconds: 6,
  });
  const { store } = rig.sink;
  const keys = { keys: [KEY], segmentsPerKey: null };
  const common = scheme ? { scheme, key: KEY, keyId: KEY_ID, pssh: [] } : null;
  const transport = { store, prefix: "hls", encryption: scheme ? keys : null };
  const fragments = { store, prefix: "dash", encryption: common };
  const stretches = await encodeStretches(rig, index, video, numbers);
  const sound = await segmentSound(rig, await encodeSound(rig, clip, anAudioSpec()), stretches, {
    transport,
    fragments,
  });
  const picture = await segmentAll(rig, stretches, codec, { pieces: sound.pieces, transport, fragments });
  const { channels, sampleRateHz } = { channels: 2, sampleRateHz: anAudioSpec().sampleRateHz };
  const ladder = aLadder({
    durationSeconds: SECONDS,
    pictures: [
      aLadderPicture("", {
        ...{ widthPx: 160, heightPx: 90, frameRate },
        transport: placed(picture.transport, "media-1"),
        fragments: placed(picture.fragments, "video/1"),
      }),
    ],
    sounds: [
      aLadderSound("", {
        ...{ channels, sampleRateHz, isRung: true },
        transport: placed(sound.transport, "audio-1"),
        fragments: placed(sound.fragments, "audio/1"),
      }),
    ],
  });
  const uris = ["../stream.key"];
  const stored = [{ key: "hls/stream.key", value: KEY }];
  const streamKeys = scheme ? { uris, values: [KEY], segmentsPerKey: null, stored } : null;
  const licenses = scheme ? someLicenses({ scheme, keyId: KEY_ID }) : null;
  const outcome = await rig.run(
    aPackageTask({
      ladder,
      packages: {
        playlistName: "master",
        transport: picture.transport && aTransportPackage({ store, prefix: "hls", keys: streamKeys }),
        fragments: aFragmentPackage({ store, prefix: "dash", licenses }),
      },
    }),
  );
  for (const { ffprobe } of resultOf(outcome, "package").manifests) {
    expect(ffprobe?.streams.some((stream) => stream["codec_name"] === codec)).toBe(true);
  }
  const directory = await mkdtemp(join(rig.directory, "copy-"));
  for (const [key, { bytes }] of rig.sink.objects) {
    await mkdir(dirname(join(directory, key)), { recursive: true });
    await writeFile(join(directory, key), bytes);
  }
  return directory;
}

const RATE = (num: number, den: number) => ({ num, den });

describe("packages of what segment tasks publish", () => {
  const cases: [string, Case][] = [
    [
      "23.976 a second in chunks",
      { rate: "24000/1001", frameRate: RATE(24_000, 1001), codec: "h264", numbers: [1, 2] },
    ],
    [
      "29.97 a second in chunks",
      { rate: "30000/1001", frameRate: RATE(30_000, 1001), codec: "h264", numbers: [1, 2] },
    ],
    ["the source's own times", { rate: "25", frameRate: null, codec: "h264", numbers: "whole" }],
    ["HEVC in chunks", { rate: "25", frameRate: RATE(25, 1), codec: "hevc", numbers: [2] }],
    ["AV1", { rate: "25", frameRate: RATE(25, 1), codec: "av1", numbers: "whole" }],
    [
      "AES-128 and cenc in chunks",
      { rate: "25", frameRate: RATE(25, 1), codec: "h264", numbers: [1, 2], scheme: "cenc" },
    ],
    [
      "AES-128 and cbcs",
      { rate: "30000/1001", frameRate: RATE(30_000, 1001), codec: "h264", numbers: "whole", scheme: "cbcs" },
    ],
  ];
  it.each(cases)("are sound to the linter and to every parser: %s", async (_, one) => {
    const directory = await packaged(one);
    const address = (name: string) => pathToFileURL(join(directory, name)).href;
    const hls = one.codec === "av1" ? {} : { hls: address("hls/master.m3u8") };
    const fragments = { dash: address("dash/master.mpd"), hlsfmp4: address("dash/master.m3u8") };
    expect(errorsOf(await lintStream({ ...hls, ...fragments }, packageSource()))).toEqual([]);
    for (const name of [
      ...(one.codec === "av1" ? [] : ["hls/master.m3u8"]),
      "dash/master.mpd",
      "dash/master.m3u8",
    ]) {
      expect(await agreeWithParsers(join(directory, name))).toEqual([]);
    }
  });
});
