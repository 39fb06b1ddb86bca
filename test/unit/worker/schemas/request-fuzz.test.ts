import { describe, expect, it } from "vitest";
import type { MediaInfo } from "../../../../encoder/contract/media-info.ts";
import {
  animationSpecSchema,
  imageSpecSchema,
  renditionSpecSchema,
} from "../../../../encoder/contract/output-spec.ts";
import { AppError } from "../../../../worker/domain/app-error.ts";
import { createJob } from "../../../../worker/domain/create-job.ts";
import { ERROR_CODES } from "../../../../worker/domain/error-catalogue.ts";
import type { TaskWork } from "../../../../worker/domain/job-record.ts";
import type { JobSpec } from "../../../../worker/domain/job-spec.ts";
import { planTasks } from "../../../../worker/domain/plan/plan-tasks.ts";
import { parseJobRequest } from "../../../../worker/schemas/job-request.ts";
import { aLongSource, aMediaInfo, anFfprobe, T0 } from "../../../support/job-builders.ts";
import { seededRandom, type Random } from "../../../support/random.ts";
import { inProduction } from "../../../support/request-bodies.ts";
import { aFuzzedBody } from "../../../support/request-fuzz.ts";

const CASES = 20_000;

const VIDEO = aMediaInfo().video!;
const HDR = { matrix: "bt2020nc", primaries: "bt2020", transfer: "smpte2084", range: "tv" } as const;
const SOURCES: Record<string, { media: MediaInfo; timeline: ReturnType<typeof aLongSource>["timeline"] }> = {
  short: { media: aMediaInfo(), timeline: null },
  chunked: aLongSource(),
  silent: { media: aMediaInfo({ audio: null }), timeline: null },
  "sound only": { media: aMediaInfo({ video: null, mimeType: "audio/mpeg" }), timeline: null },
  nothing: { media: aMediaInfo({ video: null, audio: null }), timeline: null },
  "tiny and unknown": {
    media: aMediaInfo({
      durationSeconds: null,
      bitrateBps: null,
      video: {
        ...VIDEO,
        ...{ widthPx: 1, heightPx: 1, displayWidthPx: 1, displayHeightPx: 1 },
        ...{ frameRate: null, bitrateBps: null, pixelFormat: null, codec: "unknown" },
      },
    }),
    timeline: null,
  },
  "tall HDR": {
    media: aMediaInfo({
      durationSeconds: 7200.04,
      video: {
        ...VIDEO,
        ...{ codec: "hevc", widthPx: 7680, heightPx: 4320, displayWidthPx: 4320, displayHeightPx: 7680 },
        ...{ rotationDegrees: 90, frameRate: { num: 240_000, den: 1001 }, colour: HDR, isInterlaced: true },
      },
      audio: {
        ...{ streamIndex: 1, codec: "truehd", channels: 8, channelLayout: "7.1" },
        ...{ sampleRateHz: 96_000, bitrateBps: null },
      },
    }),
    timeline: null,
  },
  "a strip": {
    media: aMediaInfo({
      durationSeconds: 0.04,
      video: { ...VIDEO, widthPx: 4000, heightPx: 3, displayWidthPx: 4000, displayHeightPx: 3 },
    }),
    timeline: null,
  },
};

/** What the encoder's own checks say of a task; empty when it would take it. */
function wireProblems(work: TaskWork): unknown[] {
  const results =
    work.kind === "encode"
      ? [renditionSpecSchema.safeParse(work.rendition)]
      : work.kind === "image"
        ? [imageSpecSchema.safeParse(work.image)]
        : work.kind === "animation"
          ? [animationSpecSchema.safeParse(work.animation)]
          : [];
  return results.flatMap(({ error }) => error?.issues ?? []);
}

type Problem = { source: string; problem: unknown; outputs: JobSpec["outputs"] };

function planProblems(spec: JobSpec, random: Random): Problem[] {
  const names = Object.keys(SOURCES);
  return [random.pick(names), random.pick(names)].flatMap((name) => {
    const source = SOURCES[name]!;
    const ids = { id: "AbCdEfGhIjKlMn", accountId: "a", origin: "https://copra.example.com" };
    const { record } = createJob({ ...ids, spec, ultrafastEncoders: 8, hostedToken: "0" }, T0);
    try {
      const parallelism = { slots: 4, encoders: spec.ultrafast ? 4 : 1 };
      const plan = planTasks(record, { ...source, ffprobe: anFfprobe() }, parallelism);
      const wrongCount = plan.outputs.length === spec.outputs.length ? [] : ["outputs are missing"];
      return [...wrongCount, ...plan.tasks.flatMap(({ work }) => wireProblems(work))].map((problem) => ({
        source: name,
        problem,
        outputs: spec.outputs,
      }));
    } catch (error) {
      return [{ source: name, problem: error, outputs: spec.outputs }];
    }
  });
}

describe("parseJobRequest", () => {
  it("refuses with a code of its own whatever it does not accept, and what it accepts can be planned", () => {
    const random = seededRandom(20_261_123);
    const crashes: unknown[] = [];
    const codes = new Map<string, number>();
    const formats = new Set<string>();
    let accepted = 0;
    for (let round = 0; round < CASES; round++) {
      // A third of the bodies without a mistake, so that many are accepted.
      const body = aFuzzedBody({ random, mistakes: random.pick([0, 0.02, 0.2]) });
      try {
        const { spec } = parseJobRequest(JSON.parse(JSON.stringify(body)), inProduction());
        accepted += 1;
        spec.outputs.forEach(({ format }) => formats.add(format.split(":")[0]!.toLowerCase()));
        crashes.push(...planProblems(spec, random));
      } catch (error) {
        if (error instanceof AppError && ERROR_CODES.includes(error.code) && error.httpStatus === 400) {
          codes.set(error.code, (codes.get(error.code) ?? 0) + 1);
        } else {
          crashes.push({ error, body });
        }
      }
    }
    expect(crashes.slice(0, 3)).toEqual([]);
    expect(accepted).toBeGreaterThan(CASES / 5);
    expect(formats.size).toBeGreaterThanOrEqual(22);
    expect(codes.size).toBeGreaterThanOrEqual(20);
  }, 120_000);
});
