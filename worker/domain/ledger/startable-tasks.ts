/** Which tasks may start, in which order, and which of them an encoder with room gets. */
import type { JobState, TaskRecord, TaskWork } from "../job-record.ts";
import { unfinishedNames } from "./unfinished-names.ts";

/**
 * What starts first: pictures are cheap and often shown first, and somebody waits for an open stream; joining gives the
 * customer a finished output; analyses hold up every chunk; the first chunk is what an open stream is first played
 * with, beside its sound; whole-file encodes and sound are long. Chunks follow in source order.
 */
const START_ORDER = {
  ingest: 0,
  image: 1,
  animation: 1,
  "open-package": 1,
  assemble: 2,
  "segment-sound": 2,
  segment: 2,
  subtitle: 2,
  package: 2,
  analyze: 3,
  "first-chunk": 4,
  encode: 5,
  chunk: 6,
} as const satisfies Record<TaskWork["kind"] | "first-chunk", number>;

/** Tasks that could start now, in the order to start them. */
export function startableTasks(state: JobState, now: number): TaskRecord[] {
  const waiting = state.tasks.filter((task) => task.status === "pending" && task.notBefore <= now);
  if (waiting.length === 0) {
    return [];
  }
  const unfinished = unfinishedNames(state.tasks);
  return waiting
    .filter((task) => !task.dependsOn.some((name) => unfinished.has(name)) && !isHeldUp(task, state.tasks))
    .toSorted(
      (a, b) =>
        startOrder(a.work) - startOrder(b.work) ||
        // Long ones first, so that they do not end alone. Chunks are much alike and keep their order.
        (a.work.kind === "encode" ? b.weight - a.weight : 0),
    );
}

function startOrder(work: TaskWork): number {
  return START_ORDER[work.kind === "chunk" && work.index === 0 ? "first-chunk" : work.kind];
}

/**
 * The startable tasks that an encoder gets: as many as it has room for. What ran out of memory beside others gets a
 * whole encoder, for which the one with the fewest tasks takes no new ones until it is empty.
 */
export function tasksFor(
  state: JobState,
  offer: { encoder: string; slots: number; slotsFree: number },
  now: number,
): TaskRecord[] {
  const leased = state.tasks.filter((task) => task.status === "leased");
  const held = leased.filter((task) => task.encoder === offer.encoder);
  // Leases whose start it has not confirmed may be missing in what it said of itself, so they count as taken.
  const room = offer.slotsFree - held.filter((task) => !task.accepted).length;
  if (room <= 0 || held.some(needsWholeEncoder)) {
    return [];
  }
  const startable = startableTasks(state, now);
  const alone = startable.find(needsWholeEncoder);
  if (alone !== undefined && isEmptiest(offer.encoder, leased)) {
    return held.length === 0 && room >= offer.slots ? [alone] : [];
  }
  return startable.filter((task) => !needsWholeEncoder(task)).slice(0, room);
}

/**
 * What a package waits for, however it ends: open playlists under the same names, and thumbnails that its manifest
 * names.
 */
function isHeldUp({ taskId, work }: TaskRecord, tasks: readonly TaskRecord[]): boolean {
  if (work.kind !== "package") {
    return false;
  }
  const tiles = work.stream.fragments?.tiles ?? null;
  return tasks.some((other) => {
    const isOpen = other.status === "pending" || other.status === "leased";
    switch (other.work.kind) {
      case "open-package":
        // A cancelled one may still be writing until its encoder says that it is not.
        return (
          other.work.packageId === taskId &&
          (isOpen || (other.status === "cancelled" && other.encoder !== null))
        );
      case "image":
        return isOpen && tiles !== null && other.outputIndexes.includes(tiles.outputIndex);
      default:
        return false;
    }
  });
}

/** It ran out of memory beside others: the one further try is alone. */
export function needsWholeEncoder(task: TaskRecord): boolean {
  return task.failures.some(({ code }) => code === "encode_out_of_memory");
}

/** No other busy encoder has fewer leases; of equals the first by name. */
function isEmptiest(encoder: string, leased: readonly TaskRecord[]): boolean {
  const counts = new Map<string, number>();
  for (const { encoder: name } of leased) {
    if (name !== null) {
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
  }
  const own = counts.get(encoder) ?? 0;
  return [...counts].every(([name, count]) => own < count || (own === count && encoder <= name));
}
