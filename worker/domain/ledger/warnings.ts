/** What customers are told of results that were made all the same: gathered from tasks, shown in metadata. */
import { warningMessage, type Warning } from "../../../encoder/contract/warning-catalogue.ts";
import type { TaskRecord } from "../job-record.ts";
import type { Json } from "../json.ts";
import { partsOf } from "./part-files.ts";

/** As metadata shows them, each once; nothing at all when there are none. */
export function warningsView(warnings: readonly Warning[]): { warnings?: Json } {
  const unique = new Map(
    warnings.map((warning) => [
      JSON.stringify([warning.code, warning.streamIndex, warning.codec]),
      warningView(warning),
    ]),
  );
  return unique.size === 0 ? {} : { warnings: [...unique.values()] };
}

/** What the makers of the parts that `task` joins had to say. */
export function warningsOfParts(tasks: readonly TaskRecord[], { taskId, work }: TaskRecord): Warning[] {
  const files = partsOf(work);
  const groups = files.flatMap((parts) => (parts.type === "chunked" ? [parts.group] : []));
  const taskIds = files.flatMap((parts) =>
    parts.type === "whole" ? parts.taskId : (parts.audioTaskId ?? []),
  );
  const soundTaskIds = tasks.flatMap(({ work: other }) =>
    other.kind === "segment-sound" && other.packageId === taskId ? [other.fileTaskId] : [],
  );
  return tasks.flatMap((task) => {
    const isPart =
      task.work.kind === "chunk"
        ? groups.includes(task.work.group)
        : taskIds.includes(task.taskId) || soundTaskIds.includes(task.taskId);
    return isPart && task.result !== null && "warnings" in task.result ? task.result.warnings : [];
  });
}

function warningView(warning: Warning): Json {
  const { code, streamIndex, codec } = warning;
  return {
    code,
    message: warningMessage(warning),
    ...(streamIndex === undefined ? {} : { stream_index: streamIndex }),
    ...(codec === undefined ? {} : { codec }),
  };
}
