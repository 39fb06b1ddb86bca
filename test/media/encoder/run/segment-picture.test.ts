import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Rational } from "../../../../encoder/contract/media-info.ts";
import type { VideoSpec } from "../../../../encoder/contract/output-spec.ts";
import type { PublishedTrack } from "../../../../encoder/contract/stream.ts";
import { TICKS_PER_SECOND } from "../../../../encoder/contract/timeline.ts";
import { indexFrames, type FrameIndex } from "../../../support/chunked-encode.ts";
import { aSegmentTask } from "../../../support/encoder-tasks.ts";
import { lavfi, makeClip, packets, SHARP_H264 } from "../../../support/make-clip.ts";
import { numbered, shownNumbers } from "../../../support/numbered-clip.ts";
import { aFrame, anAudioSpec, aPictureSpec, aVideoSpec } from "../../../support/output-specs.ts";
import {
  boxSamples,
  boxTypes,
  complaints,
  encodeSound,
  encodeStretches,
  fragmentKeys,
  gridFrames,
  segmentAll,
  segmentSound,
  startStreamRig,
  transportKeys,
  type StreamRig,
} from "../../../support/stream-rig.ts";

const SECONDS = 20;
const WAYS = [
  ["in one piece", "whole"],
  ["in three chunks", [1, 2]],
] as const;

let rig: StreamRig;
beforeAll(async () => {
  rig = await startStreamRig();
});
afterAll(() => rig.close());

function packaged(codec: "h264" | "hevc" | "av1", frameRate: Rational | null): VideoSpec {
  return aVideoSpec({
    codec,
    frameRate,
    picture: aPictureSpec({ frame: aFrame(160, 90) }),
    rate: { mode: "quality", crf: 20, maxrateBps: null },
    keyframeIntervalSeconds: 6,
  });
}

async function aSource(name: string, rate: string, args: string[] = []): Promise<FrameIndex> {
  const inputs = [...lavfi(numbered(rate, SECONDS)), ...lavfi(`sine=f=440:d=${SECONDS}:r=48000`)];
  const codecs = [...SHARP_H264, "-g", "50", "-c:a", "aac", "-ac", "2"];
  return indexFrames(await makeClip(rig.directory, `${name}.mp4`, [...inputs, ...args, ...codecs]));
}

type Expectation = { numbers: readonly number[]; starts: readonly number[] };

/** What the picture shows, and with which frames segments have to begin: the first at or after multiples of six seconds. */
async function expectationOf(index: FrameIndex): Promise<Expectation> {
  return { numbers: await shownNumbers(index.path), starts: gridFrames(index, [0, 1, 2, 3]) };
}

function numbersOf({ numbers, starts }: Expectation, segment: number): readonly number[] {
  return numbers.slice(starts[segment], starts[segment + 1]);
}

/** Every segment begins at its time and with a keyframe, ends where the next begins, and is whole by itself. */
async function expectFragments(track: PublishedTrack, expected: Expectation): Promise<void> {
  const { init, segments } = fragmentKeys("video/1", track);
  const description = await boxTypes(await rig.local("init.mp4", [init]));
  expect(description.filter((type) => /edts|mehd/.test(type))).toEqual([]);
  let ticks = 0;
  expect(segments.map((key) => sequenceNumber(rig.sink.objects.get(key)?.bytes))).toEqual(
    segments.map((_, at) => at + 1),
  );
  for (const [at, key] of segments.entries()) {
    const path = await rig.local("segment.mp4", [init, key]);
    const samples = await boxSamples(path);
    expect([samples[0]?.dts, Math.min(...samples.map(({ pts }) => pts)), samples[0]?.pts]).toEqual([
      ticks,
      ticks,
      ticks,
    ]);
    expect(samples.filter(({ isSync }) => isSync)).toEqual(samples.slice(0, 1));
    ticks = (samples.at(-1)?.dts ?? 0) + (samples.at(-1)?.duration ?? 0);
    expect(await shownNumbers(path)).toEqual(numbersOf(expected, at));
    const { sizeBytes, keyframeBytes } = track.segments[at]!;
    const bytes = rig.sink.objects.get(key)?.bytes ?? Buffer.alloc(0);
    expect(bytes.length).toBe(sizeBytes);
    const start = Buffer.concat([rig.sink.objects.get(init)!.bytes, bytes.subarray(0, keyframeBytes ?? 0)]);
    await writeFile(join(rig.directory, "key.mp4"), start);
    expect(await shownNumbers(join(rig.directory, "key.mp4"))).toEqual(numbersOf(expected, at).slice(0, 1));
  }
  const whole = await rig.local("whole.mp4", [init, ...segments]);
  expect(await shownNumbers(whole)).toEqual(expected.numbers);
}

/** Of the segment's movie fragment, behind version and flags. */
function sequenceNumber(segment: Buffer = Buffer.alloc(0)): number {
  return segment.readUInt32BE(segment.indexOf("mfhd") + 8);
}

async function expectTransport(track: PublishedTrack, expected: Expectation): Promise<void> {
  const keys = transportKeys("media-1", track);
  let ticks = track.startTicks;
  for (const [at, key] of keys.entries()) {
    const path = await rig.local("segment.ts", [key]);
    const [first] = await packets(path, "v:0");
    expect(first?.isKey).toBe(true);
    expect(Math.abs((first?.ptsSeconds ?? 0) - 10 - ticks / track.ticksPerSecond)).toBeLessThan(2 / 90_000);
    expect(await shownNumbers(path)).toEqual(numbersOf(expected, at));
    const { sizeBytes, keyframeBytes, durationTicks } = track.segments[at]!;
    ticks += durationTicks;
    const bytes = rig.sink.objects.get(key)?.bytes ?? Buffer.alloc(0);
    expect(bytes.length).toBe(sizeBytes);
    const keyPath = join(rig.directory, "key.ts");
    await writeFile(keyPath, bytes.subarray(0, keyframeBytes ?? 0));
    // So short a file has to be told from other formats by name.
    const named = ["-f", "mpegts", "-i", keyPath, "-map", "0:v", "-c", "copy"];
    expect(await shownNumbers(await makeClip(rig.directory, "key.mkv", named))).toEqual(
      numbersOf(expected, at).slice(0, 1),
    );
  }
  const whole = await rig.local("whole.ts", keys);
  expect(await shownNumbers(whole)).toEqual(expected.numbers);
  expect(await complaints(whole)).toBe("");
}

// Each segment is decoded by itself, several times.
describe("segmentPictures", { timeout: 180_000 }, () => {
  const rates: [string, Rational][] = [
    ["24000/1001", { num: 24_000, den: 1001 }],
    ["30000/1001", { num: 30_000, den: 1001 }],
    ["60000/1001", { num: 60_000, den: 1001 }],
    ["25", { num: 25, den: 1 }],
  ];
  it.each(
    rates.flatMap(([rate, ratio]) => WAYS.map(([way, numbers]) => [rate, way, { ratio, numbers }] as const)),
  )(
    "cuts %s frames a second, encoded %s, every six seconds and alike in both packages",
    async (rate, _way, { ratio: frameRate, numbers }) => {
      const index = await aSource(`rate-${rate.replace("/", "-")}`, rate);
      const expected = await expectationOf(index);
      const stretches = await encodeStretches(rig, index, packaged("h264", frameRate), numbers);
      const sound = await encodeSound(rig, index.path, anAudioSpec());
      const { pieces } = await segmentSound(rig, sound, stretches);
      const { transport, fragments } = await segmentAll(rig, stretches, "h264", { pieces });

      const ticksPerFrame = (fragments!.ticksPerSecond * frameRate.den) / frameRate.num;
      const frames = fragments!.segments.map(({ durationTicks }) => durationTicks / ticksPerFrame);
      expect(frames).toEqual(expected.starts.map((_, at) => numbersOf(expected, at).length));
      const timesOf = (track: PublishedTrack | null) =>
        track?.segments.map(({ number, durationTicks }) => [number, durationTicks]);
      expect(timesOf(transport)).toEqual(timesOf(fragments));
      expect(transport!.segments.map(({ number }) => number)).toEqual([0, 1, 2, 3]);
      expect(fragments!.codecs).toEqual([expect.stringMatching(/^avc1\.64000[abc]$/)]);
      expect(transport!.codecs).toEqual([...fragments!.codecs, "mp4a.40.2"]);
      await expectFragments(fragments!, expected);
      await expectTransport(transport!, expected);
      // Every packet of the sound that does not begin before zero, once and in its place.
      const heard = await packets(await rig.local("whole.ts", transportKeys("media-1", transport!)), "a:0");
      const encoded = await packets(await rig.local("sound.mp4", [sound.key]), "a:0");
      expect(heard.map(({ ptsSeconds }) => Math.round((ptsSeconds - 10) * 46.875))).toEqual(
        encoded.slice(1).map((_, packet) => packet),
      );
    },
  );

  it.each(WAYS)("keeps the times of a variable rate, encoded %s", async (_way, numbers) => {
    const index = await aSource("variable", "30", [
      ...["-vf", "select='lt(n\\,200)+not(mod(n\\,3))',setpts=PTS", "-fps_mode", "vfr"],
    ]);
    const expected = await expectationOf(index);
    const stretches = await encodeStretches(rig, index, packaged("h264", null), numbers);
    const { transport, fragments } = await segmentAll(rig, stretches, "h264");
    await expectFragments(fragments!, expected);
    await expectTransport(transport!, expected);
    const { init, segments } = fragmentKeys("video/1", fragments!);
    const samples = await boxSamples(await rig.local("whole.mp4", [init, ...segments]));
    const shown = samples.map(({ pts }) => pts).toSorted((one, other) => one - other);
    const seconds = shown.map((pts) => pts / fragments!.ticksPerSecond);
    expect(seconds.map((second) => Math.round(second * 1000))).toEqual(
      index.ticks.map((ticks) => Math.round(((ticks - index.zeroTicks) * 1000) / TICKS_PER_SECOND)),
    );
  });

  it.each(WAYS)("cuts HEVC, encoded %s, in scenes that change", async (_way, numbers) => {
    const rate = { num: 25, den: 1 };
    const changes = ["-vf", "negate=enable='mod(floor(t/1.7)\\,2)':components=u"];
    const index = await aSource("hevc", "25", changes);
    const expected = await expectationOf(index);
    const stretches = await encodeStretches(rig, index, packaged("hevc", rate), numbers);
    const { transport, fragments } = await segmentAll(rig, stretches, "hevc");
    expect(fragments!.codecs[0]).toMatch(/^hvc1\.1\.6\.L\d+\.90$/);
    await expectFragments(fragments!, expected);
    await expectTransport(transport!, expected);
  });

  it.each(WAYS)("cuts AV1, encoded %s, for fragmented MP4", async (_way, numbers) => {
    const rate = { num: 24_000, den: 1001 };
    const index = await aSource("av1", "24000/1001");
    const expected = await expectationOf(index);
    const stretches = await encodeStretches(rig, index, packaged("av1", rate), numbers);
    const { transport, fragments } = await segmentAll(rig, stretches, "av1");
    expect(transport).toBeNull();
    expect(fragments!.codecs[0]).toMatch(/^av01\.0\.\d\dM\.08$/);
    await expectFragments(fragments!, expected);
  });

  it("publishes the description of a track once, before its first segment", async () => {
    const index = await aSource("once", "25");
    const stretches = await encodeStretches(rig, index, packaged("h264", { num: 25, den: 1 }), [1, 2]);
    rig.sink.calls.length = 0;
    await segmentAll(rig, stretches, "h264");
    const keys = rig.sink.calls.filter(({ method }) => method === "PUT").map(({ key }) => key);
    expect(keys.filter((key) => key === "dash/video/1/init.mp4")).toHaveLength(1);
    const fragments = keys.filter((key) => key.startsWith("dash/video/1"));
    expect(fragments[0]).toBe("dash/video/1/init.mp4");
    const types = [...fragments, "hls/media-1/segment-0.ts"].map(
      (key) => rig.sink.objects.get(key)?.headers["content-type"],
    );
    expect(new Set(types)).toEqual(new Set(["video/mp4", "video/iso.segment", "video/mp2t"]));
  });

  it("refuses a picture whose keyframes do not begin its fragments", async () => {
    const path = await makeClip(rig.directory, "loose.mp4", [
      ...[...lavfi(numbered("25", 4)), ...SHARP_H264, "-g", "25"],
      ...["-movflags", "+empty_moov+default_base_moof", "-frag_duration", "1500000"],
    ]);
    const file = await rig.store(path);
    const [picture] = aSegmentTask().pictures;
    const fragments = { store: rig.sink.store, prefix: "loose", encryption: null };
    const task = aSegmentTask({ workStore: rig.sink.store, pictures: [{ ...picture!, file }], fragments });
    expect(await rig.run(task)).toEqual({ state: "failed", failure: { code: "output_check_failed" } });
    expect([...rig.sink.objects.keys()].filter((key) => key.startsWith("loose"))).toEqual([]);
  });

  it("refuses a picture that is not in fragments", async () => {
    const file = await rig.store(
      await makeClip(rig.directory, "plain.mp4", [...lavfi(numbered("25", 2)), ...SHARP_H264]),
    );
    const [picture] = aSegmentTask().pictures;
    const task = aSegmentTask({ workStore: rig.sink.store, pictures: [{ ...picture!, file }] });
    expect(await rig.run(task)).toEqual({ state: "failed", failure: { code: "output_check_failed" } });
  });

  it("ends with its signal and uploads nothing more", async () => {
    const index = await aSource("ends", "25");
    const [stretch] = await encodeStretches(rig, index, packaged("h264", { num: 25, den: 1 }), "whole");
    const [picture] = aSegmentTask().pictures;
    const controller = new AbortController();
    rig.sink.intercept = ({ key }) => {
      if (key.startsWith("ended/")) {
        controller.abort(new Error("not wanted any more"));
      }
      return null;
    };
    const task = aSegmentTask({
      workStore: rig.sink.store,
      pictures: [{ ...picture!, file: stretch!.file }],
      fragments: { store: rig.sink.store, prefix: "ended", encryption: null },
    });
    const outcome = await rig.run(task, controller.signal);
    rig.sink.intercept = () => null;
    expect(outcome).toEqual({ state: "cancelled" });
    expect(
      [...rig.sink.objects.keys()].filter((key) => key.endsWith(".m4s") && key.startsWith("ended")),
    ).toEqual([]);
  });
});
