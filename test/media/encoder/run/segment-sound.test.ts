import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { AudioSpec } from "../../../../encoder/contract/output-spec.ts";
import type { CommonEncryption, PublishedTrack } from "../../../../encoder/contract/stream.ts";
import { decryptFragments } from "../../../support/decrypt-fragments.ts";
import { aSegmentSoundTask } from "../../../support/encoder-tasks.ts";
import { lavfi, makeClip, onsetSeconds, packets, samples } from "../../../support/make-clip.ts";
import { anAudioSpec } from "../../../support/output-specs.ts";
import {
  boxSamples,
  boxTypes,
  encodeSound,
  fragmentKeys,
  segmentSound,
  startStreamRig,
  transportKeys,
  type StreamRig,
} from "../../../support/stream-rig.ts";

let rig: StreamRig;
beforeAll(async () => {
  rig = await startStreamRig();
});
afterAll(() => rig.close());

const CENC: CommonEncryption = {
  scheme: "cenc",
  key: "000102030405060708090a0b0c0d0e0f",
  keyId: "00112233445566778899aabbccddeeff",
  pssh: [],
};

const SPEC = anAudioSpec({ sourceStreamIndex: 0, sourceChannels: 1, layout: "mono" });

async function aSound(name: string, graph: string, spec: AudioSpec = SPEC) {
  const path = await makeClip(rig.directory, name, [...lavfi(graph), "-c:a", "pcm_s16le"]);
  const file = await encodeSound(rig, path, spec);
  return { file, encoded: await rig.local(`encoded-${name}.mp4`, [file.key]) };
}

/** Keys of the sound's segments in both packages. */
function keysOf({
  fragments,
  transport,
}: {
  fragments: PublishedTrack | null;
  transport: PublishedTrack | null;
}) {
  return { ...fragmentKeys("audio/1", fragments!), transport: transportKeys("audio-1", transport!) };
}

describe("segmentSound", () => {
  it.each([48_000, 44_100, 32_000])(
    "publishes every packet at %i Hz once, cut at the first one from each sixth second on",
    async (sampleRateHz) => {
      const spec = { ...SPEC, sampleRateHz };
      const { file, encoded } = await aSound(`rate-${sampleRateHz}.mov`, "sine=f=440:d=20:r=48000", spec);
      const result = await segmentSound(rig, file, [{ startSeconds: 0 }]);
      const { fragments, transport } = result;
      const keys = keysOf(result);
      const all = await packets(encoded, "a:0");
      const played = all.filter(({ ptsSeconds }) => ptsSeconds >= 0);
      const whole = await rig.local("whole.mp4", [keys.init, ...keys.segments]);
      const boxes = await boxSamples(whole);
      expect(boxes.map(({ dts }) => dts)).toEqual(played.map((_, packet) => packet * 1024));
      expect(fragments!.ticksPerSecond).toBe(sampleRateHz);
      expect([fragments!.codecs, transport!.codecs]).toEqual([["mp4a.40.2"], ["mp4a.40.2"]]);
      const starts = [0, 6, 12, 18].map((second) => Math.ceil((second * sampleRateHz) / 1024) * 1024);
      expect(keys.segments).toEqual(starts.map((ticks) => `dash/audio/1/seg-${ticks}.m4s`));
      expect(transport!.segments.map(({ durationTicks }) => durationTicks)).toEqual(
        fragments!.segments.map(({ durationTicks }) => durationTicks),
      );
      const sizes = [...fragments!.segments, ...transport!.segments].map(({ sizeBytes }) => sizeBytes);
      expect(sizes).toEqual(
        [...keys.segments, ...keys.transport].map((key) => rig.sink.objects.get(key)?.bytes.length),
      );
      expect(fragments!.segments.every(({ keyframeBytes }) => keyframeBytes === null)).toBe(true);
      expect((await boxTypes(whole)).filter((type) => /edts|mehd/.test(type))).toEqual([]);

      const ts = await packets(await rig.local("whole.ts", keys.transport), "a:0");
      expect(ts.map(({ ptsSeconds }) => Math.round(((ptsSeconds - 10) * sampleRateHz) / 1024))).toEqual(
        played.map((_, packet) => packet),
      );
      for (const [at, key] of keys.transport.entries()) {
        const [first] = await packets(await rig.local("segment.ts", [key]), "a:0");
        expect(first?.ptsSeconds).toBeCloseTo(10 + (starts[at] ?? 0) / sampleRateHz, 4);
      }
    },
  );

  it("joins a rest that is too short for a segment to the one before it, in every package", async () => {
    const { file, encoded } = await aSound("rest.mov", "sine=f=440:d=12.01:r=48000");
    const played = (await packets(encoded, "a:0")).filter(({ ptsSeconds }) => ptsSeconds >= 0);
    for (const encryption of [null, CENC]) {
      const fragments = { store: rig.sink.store, prefix: "dash", encryption };
      const result = await segmentSound(rig, file, [{ startSeconds: 0 }], { fragments });
      const { init, segments, transport } = keysOf(result);
      expect([segments.length, transport.length]).toEqual([2, 2]);
      const path = await rig.local("rest.mp4", [init, ...segments]);
      const whole = encryption === null ? path : await decryptFragments(path, "audio", encryption);
      expect(await packets(whole, "a:0")).toHaveLength(played.length);
      expect(await packets(await rig.local("rest.ts", transport), "a:0")).toHaveLength(played.length);
    }
  });

  it("cuts pieces at the borders, which together are the whole sound", async () => {
    const { file, encoded } = await aSound("pieces.mov", "sine=f=440:d=20:r=48000");
    const borders = [0, 6.006, 12.012, 30].map((startSeconds) => ({ startSeconds }));
    const { pieces } = await segmentSound(rig, file, borders);
    const times: number[] = [];
    for (const [at, { key, sizeBytes }] of pieces.entries()) {
      expect(rig.sink.objects.get(key)?.bytes.length).toBe(sizeBytes);
      const boxes = at === 3 ? [] : await boxSamples(await rig.local("piece.mp4", [key]));
      const seconds = boxes.map(({ dts }) => dts / 48_000);
      const from = borders[at]?.startSeconds ?? 0;
      const to = borders[at + 1]?.startSeconds ?? Infinity;
      expect(seconds.filter((second) => second < from || second >= to)).toEqual([]);
      times.push(...boxes.map(({ dts }) => dts));
    }
    const played = (await packets(encoded, "a:0")).filter(({ ptsSeconds }) => ptsSeconds >= 0);
    expect(times).toEqual(played.map((_, packet) => packet * 1024));
  });

  it("begins at zero with silence when the source's sound begins two seconds late", async () => {
    const path = await makeClip(rig.directory, "late.mkv", [
      ...[...lavfi("color=black:s=64x64:r=25:d=10"), "-itsoffset", "2", ...lavfi("sine=f=440:d=8:r=48000")],
      ...["-map", "0:v", "-map", "1:a", "-c:v", "libx264", "-c:a", "pcm_s16le"],
    ]);
    const file = await encodeSound(rig, path, { ...SPEC, sourceStreamIndex: 1 });
    const result = await segmentSound(rig, file, [{ startSeconds: 0 }]);
    const keys = keysOf(result);
    expect(result.fragments!.startTicks).toBe(0);
    const whole = await rig.local("late-whole.mp4", [keys.init, ...keys.segments]);
    expect(onsetSeconds(await samples(whole))).toBeCloseTo(2, 1);
    expect((await boxSamples(whole)).at(-1)?.dts).toBeGreaterThan(9.9 * 48_000);
  });

  it("cuts what lies before the picture when the source's sound begins early", async () => {
    const path = await makeClip(rig.directory, "early.mkv", [
      ...["-itsoffset", "2", ...lavfi("color=black:s=64x64:r=25:d=6")],
      ...lavfi("aevalsrc='if(gte(t,3),0.5*sin(2*PI*440*t),0)':s=48000:d=8"),
      ...["-map", "0:v", "-map", "1:a", "-c:v", "libx264", "-c:a", "pcm_s16le"],
    ]);
    const file = await encodeSound(rig, path, { ...SPEC, sourceStreamIndex: 1 });
    const keys = keysOf(await segmentSound(rig, file, [{ startSeconds: 0 }]));
    const whole = await rig.local("early-whole.mp4", [keys.init, ...keys.segments]);
    expect((await boxSamples(whole))[0]?.dts).toBe(0);
    expect(onsetSeconds(await samples(whole))).toBeCloseTo(3, 1);
  });

  it("publishes for one package alone, and stores no pieces that nobody asks for", async () => {
    const { file } = await aSound("alone.mov", "sine=f=440:d=7:r=48000");
    rig.sink.calls.length = 0;
    const result = await segmentSound(rig, file, [], { pieces: null, transport: null });
    expect([result.pieces, result.transport]).toEqual([[], null]);
    const keys = rig.sink.calls.filter(({ method }) => method === "PUT").map(({ key }) => key);
    expect(keys.toSorted()).toEqual(
      ["init.mp4", "seg-0.m4s", "seg-288768.m4s"].map((name) => `dash/audio/1/${name}`),
    );
  });

  it("refuses a file without sound", async () => {
    const path = await makeClip(rig.directory, "silent.mp4", [...lavfi("testsrc2=d=1"), "-c:v", "libx264"]);
    const file = await rig.store(path);
    const outcome = await rig.run(aSegmentSoundTask({ workStore: rig.sink.store, file }));
    expect(outcome).toMatchObject({ state: "failed" });
  });
});
