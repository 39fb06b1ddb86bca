/** The table at the end of the demo. */
import { renderTable } from "../text-table.ts";
import { formatBytes, formatDuration } from "./format-quantity.ts";
import type { OutputSummary } from "./output-summary.ts";
import type { Paint, Style } from "./paint.ts";
import { phaseOf, statusText, type Phase } from "./progress-view.ts";

const STATUS_STYLES: Partial<Record<Phase, Style>> = { done: "green", failed: "red", skipped: "dim" };

/** One row per output; URLs are never cut. */
export function renderOutputTable(
  summaries: readonly OutputSummary[],
  options: { widthColumns: number; paint: Paint },
): string[] {
  const { paint } = options;
  const rows = summaries.map((summary) => [
    summary.key,
    paint(STATUS_STYLES[phaseOf(summary.status)] ?? "yellow", statusText(summary.status)),
    summary.sizeBytes === null ? "" : formatBytes(summary.sizeBytes),
    summary.durationSeconds === null ? "" : formatDuration(summary.durationSeconds),
    summary.resolution ?? "",
    summary.error ?? urlCell(summary.urls),
  ]);
  return renderTable(
    [
      { title: "output" },
      { title: "status" },
      { title: "size", align: "right" },
      { title: "duration", align: "right" },
      { title: "resolution" },
      { title: "URL" },
    ],
    rows,
    { widthColumns: options.widthColumns, paintTitle: (text) => paint("dim", text) },
  );
}

function urlCell(urls: readonly string[]): string {
  const [first = ""] = urls;
  return urls.length > 1 ? `${first} and ${urls.length - 1} more` : first;
}
