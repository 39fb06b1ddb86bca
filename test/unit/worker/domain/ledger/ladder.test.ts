import { describe, expect, it } from "vitest";
import { ladderSchema } from "../../../../../encoder/contract/stream.ts";
import type { JobState } from "../../../../../worker/domain/job-record.ts";
import { buildLadder } from "../../../../../worker/domain/ledger/ladder.ts";
import { BEFORE_PACKAGE, finishAll, runAll } from "../../../../support/chunked-job.ts";
import {
  aFormat,
  aLongSource,
  aPictureFormat,
  aSoundFormat,
  aStream,
  anIngestedJob,
  taskOf,
} from "../../../../support/job-builders.ts";

const source = aLongSource();
const job = () =>
  anIngestedJob(
    {
      outputs: [
        aStream({
          hls: { path: "/hls", version: 4, isLiveEdge: false, encryption: null },
          dash: { path: "/dash", hasHls: true, encryption: null },
          variants: [
            aFormat({ video: aPictureFormat({ frameRate: { num: 25, den: 1 } }) }),
            aFormat({ audio: null }),
            aFormat({ video: null, audio: aSoundFormat({ bitrateBps: 64_000, channels: 1 }) }),
          ],
        }),
      ],
    },
    source,
    3,
  );

function ladderOf(state: JobState, stretchCount: number | null = null) {
  const { work } = taskOf(state, "output-0-package");
  if (work.kind !== "package") {
    throw new TypeError("It writes a package.");
  }
  return buildLadder(state.tasks, "output-0-package", work.stream, stretchCount);
}

describe("buildLadder", () => {
  const whole = runAll(job(), { kinds: BEFORE_PACKAGE, source });

  it("puts the stretches of every picture together, in order", () => {
    const ladder = ladderSchema.parse(ladderOf(whole));
    expect(ladder.durationSeconds).toBe(90);
    for (const { transport, fragments } of ladder.pictures) {
      expect(transport?.segments.map(({ number }) => number)).toEqual(
        Array.from({ length: 15 }, (_, n) => n),
      );
      expect(fragments?.startTicks).toBe(0);
    }
    expect(ladder.pictures[1]?.transport?.segments[0]?.sizeBytes).toBe(2_000);
  });

  it("puts them together in order whatever order they were cut in", () => {
    const numbers = [3, 1, 2];
    const cut = finishAll(
      runAll(job(), { kinds: ["encode", "chunk", "segment-sound"], source }),
      numbers.map((number) => `output-0-segment-${number}`),
    );
    expect(ladderOf(cut)).toEqual(ladderOf(whole));
  });

  it("says what each rung is, is heard with and lies", () => {
    const { pictures, sounds } = ladderOf(whole);
    expect(pictures).toMatchObject([
      {
        widthPx: 1280,
        frameRate: { num: 25, den: 1 },
        sound: 0,
        transport: { folder: "media-1" },
      },
      { frameRate: { num: 30, den: 1 }, sound: null, fragments: { folder: "video/avc1/2" } },
    ]);
    expect(sounds).toMatchObject([
      { isRung: false, isDefault: true, name: "Audio", channels: 2, transport: null },
      { isRung: true, channels: 1, sampleRateHz: 44_100, transport: { folder: "media-3" } },
    ]);
  });

  it("ends an open ladder with its last stretch, sound too", () => {
    const two = finishAll(runAll(job(), { kinds: ["encode", "segment-sound"], source }), [
      ...["chunk-1", "output-0-segment-1", "chunk-2", "output-0-segment-2"],
    ]);
    const ladder = ladderSchema.parse(ladderOf(two, 2));
    expect(ladder.durationSeconds).toBe(60);
    expect(ladder.pictures[0]?.transport?.segments).toHaveLength(10);
    expect(ladder.sounds[1]?.transport?.segments).toHaveLength(10);
    expect(() => ladderOf(two)).toThrow("output-0-segment-3");
  });
});
