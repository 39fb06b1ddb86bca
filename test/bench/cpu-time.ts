/** CPU time of processes, from /proc: user and system, their own and that of the children they have waited for. */
import { readdirSync, readFileSync } from "node:fs";

/** Linux counts in ticks of 1/100 s on every platform that Node runs on. */
const TICKS_PER_SECOND = 100;

type Stat = { pid: number; parent: number; group: number; ownTicks: number; childTicks: number };

/** CPU seconds that a process has used so far, with all its descendants, living and waited for. */
export function treeCpuSeconds(rootPid: number): number {
  const stats = readStats();
  const inTree = (pid: number): boolean =>
    pid === rootPid || (parentOf(stats, pid) !== 0 && inTree(parentOf(stats, pid)));
  return sumSeconds(stats.filter((stat) => inTree(stat.pid)));
}

/** CPU seconds of every process of a process group, with the children they have waited for. */
export function groupCpuSeconds(groupId: number): number {
  return sumSeconds(readStats().filter((stat) => stat.group === groupId));
}

function parentOf(stats: Stat[], pid: number): number {
  return stats.find((stat) => stat.pid === pid)?.parent ?? 0;
}

function sumSeconds(stats: Stat[]): number {
  return stats.reduce((sum, { ownTicks, childTicks }) => sum + ownTicks + childTicks, 0) / TICKS_PER_SECOND;
}

function readStats(): Stat[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        return [parseStat(readFileSync(`/proc/${name}/stat`, "utf8"))];
      } catch {
        // It ended between the listing and the reading.
        return [];
      }
    });
}

/** proc(5): the name in parentheses may hold anything, so fields are counted from the last parenthesis. */
function parseStat(text: string): Stat {
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const field = (number: number) => Number(fields[number - 3]);
  return {
    pid: Number.parseInt(text, 10),
    parent: field(4),
    group: field(5),
    ownTicks: field(14) + field(15),
    childTicks: field(16) + field(17),
  };
}
