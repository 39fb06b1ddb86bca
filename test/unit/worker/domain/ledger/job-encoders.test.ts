import { describe, expect, it } from "vitest";
import { dueWork } from "../../../../../worker/domain/due-work.ts";
import {
  candidateEncoders,
  encoderLimit,
  fleetRequest,
} from "../../../../../worker/domain/ledger/job-encoders.ts";
import type { JobState } from "../../../../../worker/domain/job-record.ts";
import {
  T0,
  aJob,
  aLongSource,
  aStream,
  aVideo,
  after,
  anIngestedJob,
  finish,
  grant,
  lease,
  taskOf,
} from "../../../../support/job-builders.ts";

const types = (state: JobState, now = T0) => dueWork(state, now).map((work) => work.type);
const failing = (
  state: JobState,
  taskId: string,
  code: "scratch_full" | "source_unreachable" | "encode_failed",
) => {
  const { attempt, encoder } = taskOf(state, taskId);
  const report = { taskId, attempt, state: "failed" as const, failure: { code } };
  return { type: "reported" as const, encoder: encoder ?? "", reports: [report], expected: [] };
};
/** A minute and a half of source, cut for two slots an encoder. */
const anUltrafastJob = (seconds = 90) =>
  anIngestedJob({ ultrafast: true, outputs: [aVideo()] }, aLongSource(seconds), 2);

describe("encoderLimit", () => {
  it("is one without ultrafast, before the source is known, and for sources of up to a minute", () => {
    expect(encoderLimit(anIngestedJob({}, aLongSource(90)).record)).toBe(1);
    expect(encoderLimit(aJob({ ultrafast: true }).record)).toBe(1);
    expect(encoderLimit(anUltrafastJob(60).record)).toBe(1);
  });

  it("is what was configured when the job was made for longer ones", () => {
    const { record } = anUltrafastJob(61);
    expect(encoderLimit({ ...record, ultrafastEncoders: 5 })).toBe(5);
  });
});

describe("fleetRequest", () => {
  it("asks for one encoder for a new job and for none when it is over", () => {
    expect(fleetRequest(aJob(), T0)).toMatchObject({ accountId: "account-1", want: 1, holding: [] });
    expect(fleetRequest(finish(lease(anIngestedJob()), "output-0"), T0).want).toBe(0);
  });

  it("asks for as many encoders as have something to do", () => {
    const planned = anUltrafastJob();
    const openTasks = planned.tasks.filter(
      ({ status, dependsOn }) => status === "pending" && dependsOn.length === 0,
    );
    expect(openTasks.length).toBeGreaterThan(4);
    expect(fleetRequest(planned, T0).want).toBe(Math.min(8, Math.ceil(openTasks.length / 2)));
  });

  it("names what it works on first: what is asked back is taken from the end", () => {
    const state = lease(anUltrafastJob(), "2", 1);
    expect(fleetRequest(grant(state, ["0", "1", "2"]), T0).holding[0]).toBe("2");
  });
});

describe("candidateEncoders", () => {
  it("asks the granted encoder that has the source first, and none that is not granted", () => {
    const ingested = anIngestedJob();
    expect(candidateEncoders(ingested)).toEqual(["0"]);
    expect(candidateEncoders(grant(anUltrafastJob(), ["1", "0"]))).toEqual(["0", "1"]);
    expect(candidateEncoders(aJob())).toEqual([]);
  });
});

describe("a job and its fleet", () => {
  it("asks again when its lease is due, and at once when it could keep more encoders busy", () => {
    const granted = grant(aJob());
    expect(types(granted)).not.toContain("ask-fleet");
    expect(types(granted, granted.record.fleetAt)).toContain("ask-fleet");
    expect(types(after(granted, [{ type: "resumed" }]))).toContain("ask-fleet");
    expect(types(anUltrafastJob())).toContain("ask-fleet");
  });

  it("lets an encoder that is asked back finish its work, releases it and only then leaves it out", () => {
    const busy = lease(grant(anUltrafastJob(), ["0", "1"]), "1", 1);
    const back = grant(busy, ["0"]);
    const reply = {
      type: "fleet-replied",
      want: 2,
      broken: [],
      granted: ["0"],
      retryAfterMs: 5_000,
    } as const;
    const asked = after(back, [reply]);
    expect(candidateEncoders(asked)).toEqual(["0"]);
    expect(types(asked)).toContain("poll");
    expect(types(asked)).not.toContain("release");
    expect(fleetRequest(asked, T0).holding).toEqual(["0", "1"]);
    const offered = after(asked, [{ type: "capacity-found", encoder: "1", slots: 2, slotsFree: 1 }]);
    expect(offered.tasks).toEqual(asked.tasks);

    const [running] = asked.tasks.filter(({ status }) => status === "leased");
    const idle = finish(asked, running?.taskId ?? "", T0, aLongSource());
    expect(dueWork(idle, T0)).toContainEqual({ type: "release", encoder: "1" });
    expect(fleetRequest(idle, T0).holding).toEqual(["0", "1"]);
    const released = after(idle, [{ type: "encoder-released", encoder: "1" }]);
    expect(fleetRequest(released, T0).holding).toEqual(["0"]);
    expect(types(released)).toContain("ask-fleet");
  });

  it("takes no encoder back that is on its way to others, whatever an older answer says", () => {
    const leaving = after(grant(anUltrafastJob(), ["0", "1"]), [
      { type: "fleet-replied", want: 2, broken: [], granted: ["0"], retryAfterMs: 5_000 },
      { type: "fleet-replied", want: 2, broken: [], granted: ["0", "1"], retryAfterMs: 5_000 },
    ]);
    expect(leaving.record).toMatchObject({ granted: ["0"], leaving: ["1"] });
  });

  it("gives its encoder back while everything has to wait, and asks anew in time", () => {
    const failed = [1, 2, 3].reduce((state) => {
      const at = taskOf(state, "ingest").notBefore;
      const leased = lease(state, "0", 2, Math.max(T0, at));
      return after(leased, [failing(leased, "ingest", "source_unreachable")], Math.max(T0, at));
    }, aJob());
    const { notBefore } = taskOf(failed, "ingest");
    expect(failed.record).toMatchObject({ granted: [], leaving: ["0"] });
    const waiting = after(
      failed,
      [
        { type: "encoder-released", encoder: "0" },
        { type: "fleet-replied", want: 0, broken: [], granted: [], retryAfterMs: 10_000 },
      ],
      notBefore - 30_000,
    );
    expect(types(waiting, notBefore - 10_001)).not.toContain("ask-fleet");
    expect(types(waiting, notBefore - 10_000)).toContain("ask-fleet");
  });

  it("keeps its encoder through a short wait", () => {
    const leased = lease(aJob());
    const failed = after(leased, [failing(leased, "ingest", "source_unreachable")]);
    expect(failed.record.granted).toEqual(["0"]);
  });

  it.each(["encoder-gone", "encoder-silent"] as const)("tells the fleet of an encoder after %s", (type) => {
    const state = after(grant(aJob()), [{ type, encoder: "0" }]);
    expect(types(state)).toContain("ask-fleet");
    expect(fleetRequest(state, T0)).toMatchObject({ want: 1, holding: ["0"], broken: ["0"] });
    const other = { want: 1, broken: ["0"], granted: ["1"], retryAfterMs: 10_000 };
    const moved = after(state, [{ type: "fleet-replied", ...other }]);
    expect(moved.record).toMatchObject({ granted: ["1"], leaving: ["0"], broken: [] });
  });

  it("tells the fleet of an encoder that handed work back, and goes there no more", () => {
    const leased = lease(anIngestedJob());
    const state = after(leased, [failing(leased, "output-0", "scratch_full")]);
    expect(fleetRequest(state, T0)).toMatchObject({ want: 1, broken: ["0"] });
    expect(candidateEncoders(state)).toEqual([]);
  });

  it("does not believe one missed answer of an encoder that runs its tasks", () => {
    const state = lease(aJob());
    expect(after(state, [{ type: "encoder-silent", encoder: "0" }]).record.granted).toEqual(["0"]);
  });

  it("forgets tasks that were cancelled on a released encoder, so that nobody calls it again", () => {
    const outputs = [aStream(), aStream({ path: "/b" })];
    const leased = lease(anIngestedJob({ outputs }), "0", 3);
    const failed = after(leased, [failing(leased, "output-0-variant-2", "encode_failed")]);
    expect(taskOf(failed, "output-0-variant-1")).toMatchObject({ status: "cancelled", encoder: "0" });
    const idle = finish(failed, "output-1-variant-2");
    const gone = after(idle, [
      { type: "fleet-replied", want: 1, broken: [], granted: [], retryAfterMs: 10_000 },
      { type: "encoder-released", encoder: "0" },
    ]);
    expect(types(idle)).toContain("cancel");
    expect(types(gone)).not.toContain("cancel");
  });
});
