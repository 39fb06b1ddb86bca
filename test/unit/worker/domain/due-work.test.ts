import { describe, expect, it } from "vitest";
import { alarmAt, dueWork, isOpen, nextTimerAt, workName } from "../../../../worker/domain/due-work.ts";
import type { JobState } from "../../../../worker/domain/job-record.ts";
import {
  T0,
  aJob,
  aLongSource,
  aVideo,
  after,
  anIngestedJob,
  finish,
  grant,
  lease,
} from "../../../support/job-builders.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
const types = (state: Parameters<typeof dueWork>[0], now = T0) =>
  dueWork(state, now).map((work) => work.type);
const delivered = (state: Parameters<typeof dueWork>[0]) =>
  after(
    state,
    state.outbox.map((event) => ({
      type: "delivery-ended",
      id: event.id,
      outcome: { result: "delivered" },
      random: 0.5,
    })),
  );

describe("dueWork", () => {
  it("lists a new job and asks the fleet for an encoder", () => {
    expect(types(aJob())).toEqual(["index", "ask-fleet"]);
  });

  it("looks for room on granted encoders only", () => {
    const granted = grant(aJob());
    expect(types(granted)).toEqual(["index", "find-capacity"]);
    expect(types(after(granted, [{ type: "encoder-silent", encoder: "0" }]))).not.toContain("find-capacity");
  });

  it("asks every encoder for room by itself, so that one that takes long holds up no other", () => {
    const chunked = grant(anIngestedJob({ ultrafast: true }, aLongSource(), 1), ["0", "1", "2"]);
    const asked = (state: JobState) =>
      dueWork(state, T0).flatMap((work) => (work.type === "find-capacity" ? [work.encoder] : []));
    expect(asked(chunked)).toEqual(["0", "1", "2"]);
    const starting = after(chunked, [{ type: "capacity-found", encoder: "1", slots: 1, slotsFree: 1 }]);
    expect(asked(starting)).toEqual(["0", "2"]);
    expect(new Set(dueWork(starting, T0).map(workName)).size).toBe(dueWork(starting, T0).length);
  });

  it("starts what is leased, follows what is confirmed", () => {
    const leased = after(grant(aJob()), [{ type: "capacity-found", encoder: "0", slots: 2, slotsFree: 2 }]);
    expect(types(leased)).toContain("start");
    expect(types(leased)).not.toContain("poll");
    const started = after(leased, [{ type: "task-started", taskId: "ingest", attempt: 1 }]);
    expect(types(started)).toContain("poll");
    expect(types(started)).not.toContain("start");
  });

  it("asks for more room only when no start is on its way, because the encoder still counts that slot as free", () => {
    const two = anIngestedJob({ outputs: [aVideo(), aVideo({ path: "/b.mp4" })] });
    const leased = after(grant(two), [{ type: "capacity-found", encoder: "0", slots: 1, slotsFree: 1 }]);
    expect(types(leased)).not.toContain("find-capacity");
    const [started] = leased.tasks.filter((task) => task.status === "leased");
    const confirmed = after(leased, [{ type: "task-started", taskId: started?.taskId ?? "", attempt: 1 }]);
    expect(types(confirmed)).toContain("find-capacity");
  });

  it("deletes work files when no encoder can add one any more", () => {
    const done = finish(lease(anIngestedJob()), "output-0");
    expect(types(done)).toContain("release-encoders");
    expect(types(done)).not.toContain("delete-work-files");
    expect(types(after(done, [{ type: "closed", part: "encoders" }]))).toContain("delete-work-files");
  });

  it("asks for room again only after a pause", () => {
    const refused = after(grant(aJob()), [{ type: "capacity-missing" }]);
    expect(types(refused)).not.toContain("find-capacity");
    expect(types(refused, refused.record.capacityAt)).toContain("find-capacity");
  });

  it("delivers one event at a time, the oldest first", () => {
    const done = finish(lease(anIngestedJob()), "output-0");
    const [first] = dueWork(done, T0).filter((work) => work.type === "deliver");
    expect(dueWork(done, T0).filter((work) => work.type === "deliver")).toHaveLength(1);
    expect(first).toMatchObject({ eventId: done.outbox[0]?.id });
  });

  it("keeps the secrets until the last webhook is out and everything is tidied up", () => {
    const done = finish(lease(anIngestedJob()), "output-0");
    const tidy = after(done, [
      { type: "closed", part: "encoders" },
      { type: "closed", part: "workFiles" },
    ]);
    expect(types(tidy)).not.toContain("wipe-secrets");
    expect(types(delivered(tidy))).toContain("wipe-secrets");
    expect(types(after(delivered(tidy), [{ type: "closed", part: "secrets" }]))).not.toContain(
      "wipe-secrets",
    );
  });

  it("removes hosted outputs after a day and forgets the job after thirty, in this order", () => {
    const done = finish(lease(anIngestedJob()), "output-0");
    expect(types(done, T0 + DAY_MS - 1)).not.toContain("delete-hosted");
    expect(types(done, T0 + DAY_MS)).toContain("delete-hosted");
    expect(types(done, T0 + 31 * DAY_MS)).not.toContain("retire");
    expect(types(after(done, [{ type: "closed", part: "hosted" }]), T0 + 31 * DAY_MS)).toContain("retire");
  });
});

describe("alarmAt", () => {
  it("is at most five seconds away while a job is open", () => {
    for (const state of [aJob(), lease(aJob()), anIngestedJob(), lease(anIngestedJob())]) {
      expect(alarmAt(state, T0)).toBeLessThanOrEqual(T0 + 5_000);
    }
  });

  it("sleeps through the wait for a webhook's next attempt, and until the hosted files expire", () => {
    const done = after(
      finish(lease(anIngestedJob({ notification: { events: false, metadata: false } })), "output-0"),
      [
        { type: "closed", part: "encoders" },
        { type: "closed", part: "workFiles" },
      ],
    );
    const id = done.outbox[0]?.id ?? "";
    const failed = {
      type: "delivery-ended",
      id,
      outcome: { result: "failed", gone: false, retryAfterMs: null },
      random: 0.5,
    } as const;
    const waiting = after(done, [failed, failed, { type: "indexed", version: 1_000 }]);
    expect(alarmAt(waiting, T0)).toBe(T0 + 300_000);
    const settled = after(delivered(waiting), [
      { type: "closed", part: "secrets" },
      { type: "indexed", version: 1_000 },
    ]);
    expect(isOpen(settled)).toBe(false);
    expect(alarmAt(settled, T0)).toBe(T0 + DAY_MS);
  });
});

describe("nextTimerAt", () => {
  it("is the moment at which a silent encoder loses its lease", () => {
    const state = after(lease(aJob()), [{ type: "indexed", version: 1_000 }]);
    const renewed = { ...state, record: { ...state.record, fleetAt: T0 + 60_000 } };
    expect(nextTimerAt(renewed, T0)).toBe(T0 + 30_000);
  });
});
