/**
 * Lines that scroll and, below them on a terminal, a block that is redrawn in place. Without a terminal the block
 * becomes plain lines: one for each output whenever it changes state or has come ten percent further.
 */
import type { JobProgress } from "./job-api.ts";
import type { Paint } from "./paint.ts";
import { parsePercent, phaseOf, renderProgress, statusText } from "./progress-view.ts";

/** How far an output goes between two plain lines. */
const PLAIN_STEP_PERCENT = 10;

/** For terminals that do not say how wide they are. */
const FALLBACK_COLUMNS = 80;

export type LiveDisplay = {
  /** Prints lines above the block. */
  print(...lines: string[]): void;
  /** Shows a new state of the job. */
  update(progress: JobProgress): void;
  /** Turns the spinner. */
  tick(): void;
  /** Leaves the block as it is, for good: what is printed next goes below. */
  settle(): void;
};

/** Writes to a stream, redrawing when it is a terminal. */
export function liveDisplay(stream: NodeJS.WriteStream, paint: Paint): LiveDisplay {
  return stream.isTTY ? redrawingDisplay(stream, paint) : plainDisplay(stream);
}

/** The columns that may be used; a pipe has no limit. */
export function columnsOf(stream: NodeJS.WriteStream): number {
  return stream.isTTY ? stream.columns || FALLBACK_COLUMNS : Number.POSITIVE_INFINITY;
}

function redrawingDisplay(stream: NodeJS.WriteStream, paint: Paint): LiveDisplay {
  let latest: JobProgress | null = null;
  let drawnLines = 0;
  let frame = 0;
  // One write per change, or the terminal would show the moment between erasing and drawing.
  const redraw = (above: readonly string[] = []): void => {
    const block =
      latest === null ? [] : renderProgress(latest, { widthColumns: columnsOf(stream), frame, paint });
    const erase = drawnLines === 0 ? "" : `\u001B[${drawnLines}A\u001B[0J`;
    stream.write(erase + [...above, ...block].map((line) => `${line}\n`).join(""));
    drawnLines = block.length;
  };
  return {
    print: (...lines) => redraw(lines),
    update: (progress) => {
      latest = progress;
      redraw();
    },
    tick: () => {
      frame += 1;
      redraw();
    },
    settle: () => {
      latest = null;
      drawnLines = 0;
    },
  };
}

function plainDisplay(stream: NodeJS.WriteStream): LiveDisplay {
  const seen = new Map<number, { status: string; percent: number }>();
  const print = (...lines: string[]): void => void stream.write(lines.map((line) => `${line}\n`).join(""));
  return {
    print,
    update: (progress) => {
      [{ key: "input", ...progress.input }, ...progress.outputs].forEach((row, index) => {
        const percent = parsePercent(row.progress);
        const before = seen.get(index);
        const isFurther = before === undefined || percent >= before.percent + PLAIN_STEP_PERCENT;
        if (row.status !== before?.status || isFurther) {
          seen.set(index, { status: row.status, percent });
          const number = phaseOf(row.status) === "skipped" ? "" : ` ${percent}%`;
          print(`  ${row.key} ${statusText(row.status)}${number}`);
        }
      });
    },
    tick: () => undefined,
    settle: () => undefined,
  };
}
