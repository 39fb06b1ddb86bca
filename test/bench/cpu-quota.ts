/** Holds processes to a share of one CPU by a cgroup, version 1 or 2, where this user may make one. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Short, so that a throttled process still answers quickly. */
const PERIOD_US = 20_000;

export type CpuQuota = { add: (pid: number) => void; remove: () => void };

/** Null where the machine offers no cgroup that can be written. */
export function createCpuQuota(name: string, share: number): CpuQuota | null {
  const v1 = "/sys/fs/cgroup/cpu";
  const root = existsSync(v1) ? v1 : "/sys/fs/cgroup";
  const group = join(root, `copra-bench-${process.pid}-${name}`);
  const quotaUs = Math.round(PERIOD_US * share);
  try {
    mkdirSync(group);
    if (root === v1) {
      writeFileSync(join(group, "cpu.cfs_period_us"), String(PERIOD_US));
      writeFileSync(join(group, "cpu.cfs_quota_us"), String(quotaUs));
    } else {
      writeFileSync(join(group, "cpu.max"), `${quotaUs} ${PERIOD_US}`);
    }
  } catch {
    return null;
  }
  return {
    add: (pid) => [pid, ...descendantsOf(pid)].forEach((member) => addTo(group, member)),
    // Only after its members have ended.
    remove: () => rmdirSync(group),
  };
}

function addTo(group: string, pid: number): void {
  writeFileSync(join(group, "cgroup.procs"), String(pid));
}

function descendantsOf(pid: number): number[] {
  const children = readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/children`, "utf8").split(" ").filter(Boolean).map(Number),
  );
  return children.flatMap((child) => [child, ...descendantsOf(child)]);
}
