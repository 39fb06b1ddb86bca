/** A job's progress as lines of text. Pure: the frame number and the width come from the display. */
import { displayWidth, truncate } from "../text-table.ts";
import type { JobProgress } from "./job-api.ts";
import type { Paint, Style } from "./paint.ts";

export type ProgressViewOptions = {
  widthColumns: number;
  /** Counts redraws; turns the spinner. */
  frame: number;
  paint: Paint;
};

/** What a line says about its output's or input's state. */
export type Phase = "waiting" | "running" | "done" | "failed" | "skipped";

const SPINNER = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"] as const;
const ICONS: Record<Exclude<Phase, "running">, string> = {
  waiting: "·",
  done: "✔",
  failed: "✖",
  skipped: "–",
};
const STYLES: Record<Phase, Style> = {
  waiting: "dim",
  running: "cyan",
  done: "green",
  failed: "red",
  skipped: "dim",
};

const DONE_STATUSES = new Set(["input.transferred", "video.encoded", "image.created", "httpstream.packaged"]);

const MAX_BAR_COLUMNS = 36;
const MIN_BAR_COLUMNS = 8;

/** One line for the input and one for each output, none wider than the terminal. */
export function renderProgress(progress: JobProgress, options: ProgressViewOptions): string[] {
  const rows = [{ key: "input", ...progress.input }, ...progress.outputs];
  const keyWidth = Math.max(...rows.map((row) => displayWidth(row.key)));
  const statusWidth = Math.max(...rows.map((row) => statusText(row.status).length));
  // Two of indent, icon, key, bar, percent, status, and a space or two between them.
  const barWidth = Math.min(
    MAX_BAR_COLUMNS,
    options.widthColumns - (2 + 2 + keyWidth + 2 + 1 + 4 + 2 + statusWidth + 1),
  );
  return rows.map((row) => {
    const phase = phaseOf(row.status);
    const percent = parsePercent(row.progress);
    const key = row.key + " ".repeat(keyWidth - displayWidth(row.key));
    const bar = barWidth < MIN_BAR_COLUMNS ? "" : `${renderBar(percent, barWidth, phase, options.paint)} `;
    const number = phase === "skipped" ? "    " : `${percent}%`.padStart(4);
    const icon = phase === "running" ? (SPINNER[options.frame % SPINNER.length] ?? "") : ICONS[phase];
    const status = options.paint(STYLES[phase], statusText(row.status));
    const line = `  ${options.paint(STYLES[phase], icon)} ${key}  ${bar}${number}  ${status}`;
    return truncate(line, options.widthColumns - 1);
  });
}

/** A bar of exactly `widthColumns` characters, in half steps. A skipped output has none. */
export function renderBar(percent: number, widthColumns: number, phase: Phase, paint: Paint): string {
  if (phase === "skipped") {
    return " ".repeat(widthColumns);
  }
  const halves = Math.floor((Math.min(100, Math.max(0, percent)) / 100) * widthColumns * 2);
  const filled = "━".repeat(Math.floor(halves / 2)) + (halves % 2 === 1 ? "╸" : "");
  const rest = "─".repeat(widthColumns - filled.length);
  return (filled === "" ? "" : paint(STYLES[phase], filled)) + (rest === "" ? "" : paint("dim", rest));
}

/** Coconut's status in a word or two: "video.encoding" is "encoding", "httpstream.variants.encoding" "variants encoding". */
export function statusText(status: string): string {
  return status.split(".").slice(1).join(" ");
}

/** Sorts a status of an input or an output into what a line shows. */
export function phaseOf(status: string): Phase {
  const word = status.slice(status.lastIndexOf(".") + 1);
  switch (word) {
    case "waiting":
    case "queued":
    case "starting":
      return "waiting";
    case "failed":
      return "failed";
    case "skipped":
      return "skipped";
    default:
      return DONE_STATUSES.has(status) ? "done" : "running";
  }
}

/** "42%" as 42. */
export function parsePercent(text: string): number {
  return Number.parseInt(text, 10);
}
