import { describe, expect, it } from "vitest";
import { decideFleet, FLEET_LEASE_MS, type FleetReply } from "../../../../../worker/domain/fleet/fleet.ts";
import {
  BROKEN_LAST_RESORT_MS,
  BROKEN_MS,
  type FleetPool,
  type FleetState,
} from "../../../../../worker/domain/fleet/fleet-encoders.ts";
import { T0 } from "../../../../support/job-builders.ts";

type Ask = { want?: number; holding?: string[]; broken?: string[]; version?: number; account?: string };

const named = (count: number): FleetPool => ({
  type: "named",
  names: Array.from({ length: count }, (_, index) => String(index)),
});

/** A fleet and its clock; every request carries the next version unless the test says otherwise. */
function aFleet(pool: FleetPool) {
  let state: FleetState = { tickets: [], encoders: [] };
  let now = T0;
  let version = 0;
  return {
    ask: (jobId: string, ask: Ask = {}): FleetReply => {
      version += 1;
      const { want = 1, holding = [], broken = [], account = `of-${jobId}` } = ask;
      const request = {
        ...{ jobId, accountId: account, want, holding, broken },
        version: ask.version ?? version,
      };
      const decided = decideFleet(state, request, pool, now);
      state = decided.state;
      return decided.reply;
    },
    pass: (ms: number) => {
      now += ms;
    },
    version: () => version,
    state: () => state,
  };
}

describe("decideFleet", () => {
  it("gives an encoder to one job at a time and frees it as soon as the job no longer lists it", () => {
    const fleet = aFleet(named(1));
    expect(fleet.ask("a")).toEqual({ granted: ["0"], retryAfterMs: 10_000 });
    expect(fleet.ask("b")).toEqual({ granted: [], retryAfterMs: 1_000 });
    expect(fleet.ask("a", { holding: ["0"] }).granted).toEqual(["0"]);
    fleet.ask("a", { want: 0 });
    expect(fleet.ask("b").granted).toEqual(["0"]);
  });

  it("answers a repeated request with the same grant", () => {
    const fleet = aFleet(named(2));
    const first = fleet.ask("a", { version: 1 });
    expect(fleet.ask("a", { version: 1 })).toEqual(first);
  });

  it("drops what a silent job had after its lease, not before", () => {
    const fleet = aFleet(named(1));
    fleet.ask("dead");
    fleet.pass(FLEET_LEASE_MS - 1);
    expect(fleet.ask("b").granted).toEqual([]);
    fleet.pass(1);
    expect(fleet.ask("b").granted).toEqual(["0"]);
  });

  it("lets a job that comes back keep what nobody else has by now, and only that", () => {
    const fleet = aFleet(named(2));
    fleet.ask("a", { want: 2 });
    fleet.pass(FLEET_LEASE_MS);
    fleet.ask("b");
    const { granted } = fleet.ask("a", { want: 2, holding: ["0", "1"] });
    expect(granted).toEqual(["1"]);
    expect(fleet.ask("b", { holding: ["0"] }).granted).toEqual(["0"]);
  });

  it("ignores a request that a newer one has overtaken", () => {
    const fleet = aFleet(named(2));
    fleet.ask("a", { want: 1, version: 1 });
    fleet.ask("a", { want: 2, holding: ["0"], version: 5 });
    expect(fleet.ask("a", { want: 0, version: 2 }).granted).toEqual(["0", "1"]);
    expect(fleet.ask("b").granted).toEqual([]);
  });

  it("serves the queue of an account in order, even when a later job asks first", () => {
    const fleet = aFleet(named(1));
    fleet.ask("a", { account: "x" });
    expect(fleet.ask("b", { account: "x" }).retryAfterMs).toBe(1_000);
    fleet.pass(1);
    expect(fleet.ask("c", { account: "x" }).retryAfterMs).toBe(2_000);
    fleet.ask("a", { account: "x", want: 0 });
    expect(fleet.ask("c", { account: "x" }).granted).toEqual([]);
    expect(fleet.ask("b", { account: "x" }).granted).toEqual(["0"]);
  });

  it("serves the account that holds the fewest first, whoever came first", () => {
    const fleet = aFleet(named(2));
    fleet.ask("a1", { account: "a" });
    fleet.ask("a2", { account: "a" });
    fleet.ask("a3", { account: "a" });
    fleet.pass(10);
    fleet.ask("b1", { account: "b" });
    fleet.ask("a1", { account: "a", want: 0 });
    expect(fleet.ask("a3", { account: "a" }).granted).toEqual([]);
    expect(fleet.ask("b1", { account: "b" }).granted).toEqual(["0"]);
  });

  it("does not keep an encoder for a job that is late, and keeps its place in the queue", () => {
    const fleet = aFleet(named(2));
    fleet.ask("a", { want: 2 });
    fleet.ask("late", { account: "x" });
    fleet.ask("next", { account: "x" });
    fleet.pass(6_000);
    fleet.ask("a", { want: 1, holding: ["0"] });
    expect(fleet.ask("next", { account: "x" }).granted).toEqual(["1"]);
    fleet.ask("last", { account: "x" });
    expect(fleet.ask("late", { account: "x" })).toEqual({ granted: [], retryAfterMs: 1_000 });
  });

  it("gives a second encoder only when nobody waits for a first one", () => {
    const fleet = aFleet(named(3));
    expect(fleet.ask("a", { want: 8 }).granted).toEqual(["0", "1", "2"]);
    fleet.ask("b");
    expect(fleet.ask("a", { want: 8, holding: ["0", "1"] })).toEqual({
      granted: ["0", "1"],
      retryAfterMs: 5_000,
    });
    expect(fleet.ask("b").granted).toEqual(["2"]);
  });

  it("asks the job that holds most to give one back, and grants it when the job has let go of it", () => {
    const fleet = aFleet(named(3));
    const big = fleet.ask("big", { want: 8 }).granted;
    expect(big).toEqual(["0", "1", "2"]);
    fleet.ask("small");
    expect(fleet.ask("big", { want: 8, holding: ["2", "0", "1"] }).granted).toEqual(["2", "0"]);
    expect(fleet.ask("small").granted).toEqual([]);
    // Still at work there.
    expect(fleet.ask("big", { want: 8, holding: ["2", "0", "1"] }).granted).toEqual(["2", "0"]);
    expect(fleet.ask("big", { want: 8, holding: ["2", "0"] }).granted).toEqual(["2", "0"]);
    expect(fleet.ask("small").granted).toEqual(["1"]);
  });

  it("never asks a job for its only encoder", () => {
    const fleet = aFleet(named(2));
    fleet.ask("a");
    fleet.ask("b");
    fleet.ask("c");
    expect(fleet.ask("a", { holding: ["0"] }).granted).toEqual(["0"]);
    expect(fleet.ask("b", { holding: ["1"] }).granted).toEqual(["1"]);
  });

  it("takes from the account that holds most, not from the largest job", () => {
    const fleet = aFleet(named(6));
    fleet.ask("x1", { account: "x", want: 2 });
    fleet.ask("x2", { account: "x", want: 2 });
    fleet.ask("y1", { account: "y", want: 2 });
    fleet.ask("z", { account: "z" });
    const y1 = { account: "y", want: 2, holding: ["4", "5"] };
    expect(fleet.ask("y1", y1).granted).toEqual(["4", "5"]);
    const x2 = { account: "x", want: 2, holding: ["2", "3"] };
    const x1 = { account: "x", want: 2, holding: ["0", "1"] };
    expect([...fleet.ask("x2", x2).granted, ...fleet.ask("x1", x1).granted]).toHaveLength(3);
  });

  it("returns an encoder to its last job, which still has its source there", () => {
    const fleet = aFleet(named(3));
    fleet.ask("a");
    fleet.ask("b");
    fleet.ask("a", { want: 0 });
    fleet.ask("b", { want: 0 });
    expect(fleet.ask("b").granted).toEqual(["1"]);
    expect(fleet.ask("c").granted).toEqual(["2"]);
  });

  it("gives a job another encoder at once when its own is broken, in its old place in the queue", () => {
    const fleet = aFleet(named(2));
    fleet.ask("a");
    expect(fleet.ask("a", { holding: ["0"], broken: ["0"] }).granted).toEqual(["1"]);
    expect(fleet.ask("a", { holding: ["1"] }).granted).toEqual(["1"]);
  });

  it("grants a broken encoder to nobody for half a minute while others are free", () => {
    const fleet = aFleet(named(3));
    fleet.ask("a", { holding: [], broken: ["0"] });
    fleet.pass(BROKEN_MS - 1);
    expect(fleet.ask("b").granted).toEqual(["2"]);
    fleet.ask("b", { want: 0 });
    fleet.pass(1);
    expect(fleet.ask("c", { want: 3 }).granted).toContain("0");
  });

  it("tries a broken encoder again after seconds when it is the only one", () => {
    const fleet = aFleet(named(1));
    fleet.ask("a");
    expect(fleet.ask("a", { broken: ["0"] })).toEqual({ granted: [], retryAfterMs: 1_000 });
    fleet.pass(BROKEN_LAST_RESORT_MS);
    expect(fleet.ask("a").granted).toEqual(["0"]);
  });

  it("tries the broken encoder that has rested longest first, not the one that the job has just left", () => {
    const fleet = aFleet(named(2));
    fleet.ask("a", { broken: ["1"] });
    fleet.pass(BROKEN_LAST_RESORT_MS);
    expect(fleet.ask("a", { holding: ["0"], broken: ["0"] }).granted).toEqual(["1"]);
  });

  it("names the containers of a job and counts all of them against the limit", () => {
    const fleet = aFleet({ type: "counted", count: 3 });
    expect(fleet.ask("a", { want: 2 }).granted).toEqual(["a-0", "a-1"]);
    expect(fleet.ask("b", { want: 2 }).granted).toEqual(["b-0"]);
    expect(fleet.ask("c").granted).toEqual([]);
    // Stopped: its place goes to the one who waits.
    expect(fleet.ask("a", { want: 2, holding: ["a-1"] }).granted).toEqual(["a-1"]);
    expect(fleet.ask("c").granted).toEqual(["c-0"]);
    fleet.ask("c", { want: 0 });
    expect(fleet.ask("a", { want: 2, holding: ["a-1"] }).granted).toEqual(["a-1", "a-0"]);
  });

  it("starts a broken container's successor under another name", () => {
    const fleet = aFleet({ type: "counted", count: 1 });
    fleet.ask("a");
    expect(fleet.ask("a", { holding: ["a-0"], broken: ["a-0"] }).granted).toEqual([]);
    expect(fleet.ask("a").granted).toEqual(["a-1"]);
  });

  it("takes an encoder that is no longer configured out of use", () => {
    const fleet = aFleet(named(1));
    expect(fleet.ask("a", { holding: ["7"] }).granted).toEqual(["0"]);
  });

  it("keeps nothing of jobs that are gone", () => {
    const fleet = aFleet({ type: "counted", count: 4 });
    for (let job = 0; job < 50; job += 1) {
      fleet.ask(`job${job}`, { want: 2 });
      fleet.ask(`job${job}`, { want: 0, broken: [`job${job}-0`] });
      fleet.pass(5_000);
    }
    expect(fleet.state().tickets.length).toBeLessThan(10);
    expect(fleet.state().encoders.length).toBeLessThan(10);
  });
});
