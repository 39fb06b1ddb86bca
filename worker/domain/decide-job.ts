/**
 * The only writer of a job: `(state, event, now) -> next state`. Pure, and total: an event that is late, stale
 * or repeated changes nothing. Acting on the state is the business of `due-work.ts` and the job's object.
 */
import type { Json } from "./json.ts";
import { isOpen } from "./due-work.ts";
import {
  applyFleetReply,
  busyEncoders,
  dropEncoder,
  giveUpIdle,
  withdrawEncoder,
} from "./ledger/job-encoders.ts";
import { applyReports, type MetadataWrite } from "./ledger/apply-reports.ts";
import { isFinalJob, isFinalOutput } from "./job-status.ts";
import type { JobEvent, TaskRef } from "./job-events.ts";
import type { Closing, JobRecord, JobState, TaskRecord, TaskStatus } from "./job-record.ts";
import {
  CAPACITY_RETRY_MS,
  expireLeases,
  extendUnheardLeases,
  grantLeases,
  handBack,
  renewLeases,
  takeBack,
} from "./ledger/lease.ts";
import { applyDelivery } from "./ledger/outbox.ts";
import { settleJob } from "./ledger/settle-job.ts";

export type Decision = {
  state: JobState;
  /** ffprobe trees to store beside the record. */
  metadata: MetadataWrite<Json>[];
};

/** Decides what an event changes. Unchanged rows keep their identity, so that only changed ones are written. */
export function decideJob(state: JobState, event: JobEvent, now: number): Decision {
  const heard = event.type === "resumed" ? extendUnheardLeases(state, now) : expireLeases(state, now);
  const { state: next, metadata } = applyEvent(heard, event, now);
  // Most of what is heard is that nothing has happened; of that nothing follows.
  const settled = next === state ? state : settleJob(next, now);
  return { state: withVersion(state, giveUpIdle(settled, now)), metadata };
}

function applyEvent(state: JobState, event: JobEvent, now: number): Decision {
  switch (event.type) {
    case "capacity-found":
      return plain(grantLeases(state, event, now));
    case "capacity-missing":
      return plain(withRecord(state, { capacityAt: now + CAPACITY_RETRY_MS }));
    case "task-started":
      return plain(
        withRecord(
          mapTask(state, "leased", event, (task) => ({ ...task, accepted: true })),
          { capacityAt: now },
        ),
      );
    case "task-cancelled":
      return plain(mapTask(state, "cancelled", event, (task) => ({ ...task, encoder: null })));
    case "task-refused":
      return plain(
        withRecord(mapTask(state, "leased", event, handBack), { capacityAt: now + CAPACITY_RETRY_MS }),
      );
    case "reported":
      return applyReports(state, event, now);
    case "encoder-alive":
      return plain(renewLeases(state, event.encoder, now));
    case "encoder-gone": {
      const withoutIt = takeBack(state, (task) => task.encoder === event.encoder, now);
      return plain(withdrawEncoder(withoutIt, event.encoder, now));
    }
    // What runs there is followed by a poll, which knows better.
    case "encoder-silent":
      return plain(
        busyEncoders(state).includes(event.encoder) ? state : withdrawEncoder(state, event.encoder, now),
      );
    case "fleet-replied":
      return plain(isFinalJob(state.record.status) ? state : applyFleetReply(state, event, now));
    case "encoder-released":
      return plain(dropEncoder(state, event.encoder, now));
    case "delivery-ended":
      return plain(applyDelivery(state, event, now));
    case "indexed":
      return plain(
        withRecord(state, { indexedVersion: Math.max(state.record.indexedVersion, event.version) }),
      );
    case "closed":
      return plain(applyClosed(state, event.part));
    case "resumed":
      return plain(failOverdue(askFleetAnew(state, now), now));
    case "tick":
      return plain(failOverdue(state, now));
  }
}

function applyClosed(state: JobState, part: Extract<JobEvent, { type: "closed" }>["part"]): JobState {
  const done: Partial<Closing> = part === "hosted" ? { hostedAt: null } : { [part]: false };
  return withRecord(state, { closing: { ...state.record.closing, ...done } });
}

/** The fleet may have heard nothing for so long that leases have ended. */
function askFleetAnew(state: JobState, now: number): JobState {
  const { status, fleetAt } = state.record;
  return isFinalJob(status) || fleetAt <= now ? state : withRecord(state, { fleetAt: now });
}

/** When the job runs out of time nothing is started any more and what is open fails. */
function failOverdue(state: JobState, now: number): JobState {
  if (isFinalJob(state.record.status) || now < state.record.deadlineAt) {
    return state;
  }
  const failure = { code: "job_deadline_exceeded" } as const;
  const { input } = state.record;
  const record =
    input.status === "transferred"
      ? {
          outputs: state.record.outputs.map((output) =>
            isFinalOutput(output.status) ? output : { ...output, status: "failed" as const, failure },
          ),
        }
      : { input: { ...input, status: "failed" as const, failure } };
  const tasks = state.tasks.map((task) =>
    task.status === "pending" || task.status === "leased" ? { ...task, status: "cancelled" as const } : task,
  );
  return withRecord({ ...state, tasks }, record);
}

/** Changes the named attempt if it is the current one and still in `status`; anything else is late news. */
function mapTask(
  state: JobState,
  status: TaskStatus,
  target: TaskRef,
  change: (task: TaskRecord) => TaskRecord,
): JobState {
  const isCurrent = (task: TaskRecord) =>
    task.taskId === target.taskId && task.attempt === target.attempt && task.status === status;
  return { ...state, tasks: state.tasks.map((task) => (isCurrent(task) ? change(task) : task)) };
}

function withRecord(state: JobState, change: Partial<JobRecord>): JobState {
  return { ...state, record: { ...state.record, ...change } };
}

const plain = (state: JobState): Decision => ({ state, metadata: [] });

/** Counts the change, and marks it for the job list when something that the list shows is different. */
function withVersion(before: JobState, after: JobState): JobState {
  const isListed =
    isOpen(before) !== isOpen(after) ||
    before.record.status !== after.record.status ||
    before.record.input.status !== after.record.input.status ||
    before.record.outputs.some((output, index) => output.status !== after.record.outputs[index]?.status);
  if (before.record === after.record && !isListed) {
    return after;
  }
  const version = before.record.version + 1;
  return withRecord(after, { version, listedVersion: isListed ? version : after.record.listedVersion });
}
