/**
 * Streams that are played while they are encoded: as soon as more stretches from the beginning are published, playlists
 * that end there are written. One at a time, because all have the same names.
 */
import { newTask } from "../create-job.ts";
import type { JobState, PackageWork, SegmentWork, TaskRecord, TaskWork } from "../job-record.ts";

type TaskOf<Work extends TaskWork> = TaskRecord & { work: Work };
type OpenTask = TaskOf<Extract<TaskWork, { kind: "open-package" }>>;
type PackageTask = TaskOf<PackageWork>;

/** Plans, brings up to date and gives up what writes open playlists. */
export function settleOpenPackages(state: JobState): JobState {
  return state.tasks.filter(isLiveEdge).reduce(settleOpenPackage, state);
}

/** A package that waits for more stretches, and is played meanwhile. */
function isLiveEdge(task: TaskRecord): task is PackageTask {
  return (
    task.work.kind === "package" &&
    task.status === "pending" &&
    task.work.stream.transport?.isLiveEdge === true &&
    task.work.pictures.some(({ type }) => type === "chunked")
  );
}

function settleOpenPackage(state: JobState, { taskId, outputIndexes }: PackageTask): JobState {
  const opens = state.tasks.filter((task): task is OpenTask => isOpenOf(task, taskId));
  const { published, all } = countStretches(state.tasks, taskId);
  const tasks = state.tasks.map((task) => (isOpenOf(task, taskId) ? settleOpen(task, published, all) : task));
  const isSettled = tasks.every((task, place) => task === state.tasks[place]);
  const settled = isSettled ? state : { ...state, tasks };
  const isBusy = opens.some(
    ({ status, encoder }) =>
      status === "pending" || status === "leased" || (status === "cancelled" && encoder !== null),
  );
  const written = Math.max(
    0,
    ...opens.map(({ status, work }) => (status === "cancelled" ? 0 : work.stretchCount)),
  );
  if (isBusy || published <= written || published === all) {
    return settled;
  }
  const opening = newTask({
    taskId: `output-${outputIndexes[0]}-open-${opens.length + 1}`,
    outputIndexes,
    work: { kind: "open-package", packageId: taskId, stretchCount: published },
    weight: 0,
  });
  return { ...settled, tasks: [...settled.tasks, opening] };
}

/** What waits writes all that there is by now; when everything is there, or less than it counts on, it is pointless. */
function settleOpen(task: OpenTask, published: number, all: number): TaskRecord {
  const { status, accepted, work } = task;
  const isWaiting = status === "pending" || (status === "leased" && !accepted);
  if (isWaiting && (published === all || published < work.stretchCount)) {
    return { ...task, status: "cancelled" };
  }
  return status === "pending" && published > work.stretchCount
    ? { ...task, work: { ...work, stretchCount: published } }
    : task;
}

/** Stretches that are published from the beginning without a gap, with all sounds; and all that there will be. */
function countStretches(tasks: readonly TaskRecord[], packageId: string): { published: number; all: number } {
  const isOwn = ({ work }: TaskRecord) =>
    (work.kind === "segment" || work.kind === "segment-sound") && work.packageId === packageId;
  const own = tasks.filter(isOwn);
  const segments = own.filter((task): task is TaskOf<SegmentWork> => task.work.kind === "segment");
  const firstOpen = segments.findIndex(({ status }) => status !== "done");
  const hasSounds = own.every(({ status, work }) => work.kind === "segment" || status === "done");
  const published = firstOpen < 0 ? segments.length : firstOpen;
  return { published: hasSounds ? published : 0, all: segments.length };
}

function isOpenOf(task: TaskRecord, packageId: string): task is OpenTask {
  return task.work.kind === "open-package" && task.work.packageId === packageId;
}
