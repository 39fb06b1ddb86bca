/** What of the ledger is not done, in the words of `dependsOn`. */
import type { TaskRecord } from "../job-record.ts";
import { ANALYZE_FAMILY, familyName, segmentFamily } from "../plan/task-families.ts";

/** Ids of tasks that are not done, and `<family>-*` for families of which not every task is. */
export function unfinishedNames(tasks: readonly TaskRecord[]): ReadonlySet<string> {
  const names = new Set<string>();
  // By what tells them apart: a family's name is put together once, not for each of its thousands of tasks.
  const chunkGroups = new Set<string>();
  const packageIds = new Set<string>();
  let isAnalyzed = true;
  for (const { status, taskId, work } of tasks) {
    if (status !== "done") {
      names.add(taskId);
      switch (work.kind) {
        case "chunk":
          chunkGroups.add(work.group);
          break;
        case "segment":
          packageIds.add(work.packageId);
          break;
        case "analyze":
          isAnalyzed = false;
          break;
        default:
          break;
      }
    }
  }
  const families = [
    ...chunkGroups,
    ...[...packageIds].map(segmentFamily),
    ...(isAnalyzed ? [] : [ANALYZE_FAMILY]),
  ];
  families.forEach((family) => names.add(familyName(family)));
  return names;
}
