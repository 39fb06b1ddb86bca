/** How much faster a job becomes with more encoders, each held to the same small share of one CPU. */
import { createCpuQuota } from "./cpu-quota.ts";
import { openBenchBed } from "./bench-bed.ts";
import { makeClip } from "./bench-clips.ts";

const ENCODER_COUNTS = [1, 2, 4, 8];

/** Eight of them leave a machine of two cores a fifth for the Worker, which is not held back. */
const CPU_SHARE = 0.2;

const CLIP = {
  name: "scaling.mp4",
  size: "640x360",
  seconds: 240,
  scenes: ["motion", "zoom", "life"],
} as const;

/** Prints the speed-up over one encoder, once per count: a run with one encoder takes minutes. */
export async function compareScaling(directory: string): Promise<void> {
  await makeClip(directory, CLIP);
  console.log(
    `\nultrafast, ${CLIP.seconds} s of ${CLIP.size} to mp4 quality=4 without sound, each encoder at ${CPU_SHARE} of one CPU`,
  );
  let aloneSeconds = Number.NaN;
  for (const encoderCount of ENCODER_COUNTS) {
    const seconds = await jobSeconds(directory, encoderCount);
    if (seconds === null) {
      console.log("  not measured: this machine lets nobody make a cgroup with a CPU quota");
      return;
    }
    aloneSeconds = encoderCount === 1 ? seconds : aloneSeconds;
    console.log(
      `  ${encoderCount} encoder(s): ${seconds.toFixed(1)} s, speed-up ${(aloneSeconds / seconds).toFixed(2)}`,
    );
  }
}

async function jobSeconds(directory: string, encoderCount: number): Promise<number | null> {
  const bed = await openBenchBed({
    directory,
    stateName: `scaling-${encoderCount}`,
    encoderCount,
    encoderSlots: 1,
  });
  const quotas = bed.service.encoderPids().map((pid, index) => {
    const quota = createCpuQuota(`${encoderCount}-${index}`, CPU_SHARE);
    quota?.add(pid);
    return quota;
  });
  try {
    if (quotas.includes(null)) {
      return null;
    }
    const startedAt = performance.now();
    const outputs = { "mp4::x:quality=4": { path: "/scaled.mp4" } };
    await bed.api.finishedJob(bed.urlOf(CLIP.name), outputs, { ultrafast: true });
    return (performance.now() - startedAt) / 1000;
  } finally {
    await bed.close();
    quotas.forEach((quota) => quota?.remove());
  }
}
