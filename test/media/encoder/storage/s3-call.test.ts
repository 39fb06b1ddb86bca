import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Agent } from "undici";
import { TaskFailure } from "../../../../encoder/run/task-failure.ts";
import { callS3, type S3Network } from "../../../../encoder/storage/s3-call.ts";
import { type S3Sink, startS3Sink } from "../../../support/s3-sink.ts";

let sink: S3Sink;
let agent: Agent;
beforeEach(async () => {
  sink = await startS3Sink();
  agent = new Agent({ allowH2: false });
});
afterEach(async () => {
  await agent.destroy();
  await sink.close();
});

type Behaviour = Awaited<ReturnType<S3Sink["intercept"]>>;
const never = new Promise<Behaviour>(() => undefined);

/** The failure of a read at a store that does one after the other, and then takes a request and never answers. */
async function failureAfter(behaviours: readonly Behaviour[]): Promise<unknown> {
  let count = 0;
  sink.intercept = () => behaviours[count++] ?? never;
  const remainingMs = (): number => {
    const left = behaviours.length - count;
    return left > 0 ? 60_000 : left === 0 ? 50 : 0;
  };
  const patience = { remainingMs, renew: () => {} };
  const network: S3Network = {
    dispatcherFor: () => agent,
    pace: { baseMs: 2, maxMs: 5 },
    stallTimeoutMs: 60_000,
  };
  const call = { ref: { store: sink.store, key: "k" }, purpose: "read", method: "GET" } as const;
  const outcome = callS3(call, network, patience, new AbortController().signal);
  const error = await outcome.then(
    () => "it succeeded",
    (thrown: unknown) => thrown,
  );
  return error instanceof TaskFailure ? error.failure : error;
}

describe("callS3", () => {
  it("names the store's last answer when time runs out in the middle of a later try", async () => {
    const failing = [
      { httpStatus: 503, code: "SlowDown" },
      { httpStatus: 500, code: "InternalError" },
    ];
    expect(await failureAfter([...failing, "drop"])).toEqual({
      code: "work_storage_unavailable",
      httpStatus: 500,
    });
  });

  it("names no answer when time runs out before the store has given one", async () => {
    expect(await failureAfter(["drop"])).toEqual({ code: "work_storage_unavailable" });
  });
});
