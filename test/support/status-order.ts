/** The documented statuses of jobs, inputs and outputs, each list in the order in which they may follow. */
import type { JobView } from "./job-client.ts";

const DOCUMENTED: Readonly<Record<string, readonly string[]>> = {
  job: ["job.starting", "job.processing", "job.completed|job.failed"],
  input: ["input.starting", "input.transferring", "input.transferred|input.failed"],
  video: [
    ...["video.waiting", "video.queued", "video.encoding"],
    "video.encoded|video.failed|video.skipped|video.aborted",
  ],
  image: [
    ...["image.waiting", "image.queued", "image.processing"],
    "image.created|image.failed|image.skipped|image.aborted",
  ],
  httpstream: [
    ...["httpstream.waiting", "httpstream.queued", "httpstream.variants.encoding", "httpstream.packaging"],
    "httpstream.packaged|httpstream.failed|httpstream.skipped|httpstream.aborted",
  ],
};

/** What is wrong with the order of statuses and progress in the views of one job; empty when nothing is. */
export function findDisorder(views: readonly JobView[]): string[] {
  const outputs = views[0]?.outputs ?? [];
  return [
    ...disorderOf(
      "job",
      "job",
      views.map((view) => view.status),
    ),
    ...disorderOf(
      "input",
      "input",
      views.map((view) => view.input.status),
    ),
    ...outputs.flatMap(({ key, type }, index) =>
      disorderOf(
        key,
        type,
        views.map((view) => view.outputs[index]?.status ?? "absent"),
      ),
    ),
    ...views.slice(1).flatMap((view, index) => {
      const before = Number.parseInt(views[index]?.progress ?? "", 10);
      return Number.parseInt(view.progress, 10) >= before
        ? []
        : [`progress fell from ${before}% to ${view.progress}`];
    }),
  ];
}

function disorderOf(name: string, kind: string, statuses: readonly string[]): string[] {
  const places = statuses.map((status) =>
    (DOCUMENTED[kind] ?? []).findIndex((step) => step.split("|").includes(status)),
  );
  return places.flatMap((place, index) => {
    if (place < 0) {
      return [`${name}: ${statuses[index]} is not documented`];
    }
    const isBack = index > 0 && place < (places[index - 1] ?? 0);
    const isOtherEnd = index > 0 && place === places[index - 1] && statuses[index] !== statuses[index - 1];
    return isBack || isOtherEnd ? [`${name}: ${statuses[index - 1]} was followed by ${statuses[index]}`] : [];
  });
}
