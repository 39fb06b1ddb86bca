/** `npm run demo`: one whole job on this machine, shown from the source to the stream in a player. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CliError } from "./cli-error.ts";
import { demoJobRequest } from "./demo/demo-job.ts";
import { parseDemoRequest, type DemoRequest } from "./demo/demo-request.ts";
import { demoService, type DemoService } from "./demo/demo-service.ts";
import { demoSource, type DemoSource } from "./demo/demo-source.ts";
import { followJob, waitForLastWebhook } from "./demo/follow-job.ts";
import { jobApi, type Job, type JobApi } from "./demo/job-api.ts";
import { columnsOf, liveDisplay, type LiveDisplay } from "./demo/live-display.ts";
import { startLoopbackServer } from "./demo/loopback-server.ts";
import { summarizeOutputs } from "./demo/output-summary.ts";
import { renderOutputTable } from "./demo/output-table.ts";
import { paintFor } from "./demo/paint.ts";
import { readWebhook, renderWebhook } from "./demo/webhook-inbox.ts";
import { runCommand, typedPath, type ExitCode } from "./run-command.ts";
import { localFfmpeg } from "./local-ffmpeg.ts";
import { aborted, stopRequest } from "./stop-request.ts";

const USAGE = `Usage: npm run demo [-- PATH|URL] [--keep] [--port N]

Turns a video into MP4, HLS and thumbnails and shows how: a test video made on the spot, or your own.

  PATH|URL   a video file on this machine, or an http or https URL of one
  --keep     leaves the service running until Ctrl-C, so that the player's link opens
  --port N   where a running service is, or where one is started (default: a running one at 8787, else a free port)
`;

/** What the demo has set up, for its steps. */
type Stage = { service: DemoService; source: DemoSource; api: JobApi; display: LiveDisplay };

/** What a shell reports for Ctrl-C. */
const STOPPED_EXIT_CODE = 130;

const paint = paintFor(process.stdout);

async function demo(argv: string[]): Promise<ExitCode> {
  const request = parseDemoRequest(argv, (path) => typedPath(path, "demo"));
  const signal = stopRequest();
  const directory = mkdtempSync(join(tmpdir(), "copra-demo-"));
  const ends: (() => Promise<void>)[] = [];
  try {
    const stage = await unlessStopped(signal, setUp(request, directory, signal, ends));
    const exitCode = await unlessStopped(signal, unlessFailed(stage.service, showJob(stage, ends)));
    await closingWords(stage, request, signal);
    return exitCode;
  } catch (error) {
    if (error instanceof Stopped) {
      return STOPPED_EXIT_CODE;
    }
    throw error;
  } finally {
    await Promise.all(ends.map((end) => end()));
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Finds or starts the service and makes the source. What has to be ended afterwards is added to `ends`. */
async function setUp(
  request: DemoRequest,
  directory: string,
  signal: AbortSignal,
  ends: (() => Promise<void>)[],
): Promise<Stage> {
  const display = liveDisplay(process.stdout, paint);
  display.print(paint("bold", "Copra demo"), "");
  const startedAt = performance.now();
  if (request.source === null) {
    // Both of the following need it; where it is missing it is to be installed once.
    await localFfmpeg();
  }
  const report = (line: string) => display.print(`  ${line}`);
  const end = new AbortController();
  const untilEnd = AbortSignal.any([signal, end.signal]);
  const starting = demoService({ port: request.port, directory, signal: untilEnd, report });
  ends.push(async () => {
    end.abort();
    await (await starting.catch(() => null))?.stop();
  });
  const [service, source] = await Promise.all([starting, demoSource(request.source, directory)]);
  const how = service.isOwn ? `started in ${secondsSince(startedAt)}` : "running already";
  display.print(`  service  ${service.url}/v2  ${paint("dim", how)}`);
  display.print(`  source   ${source.description}`);
  return { service, source, api: jobApi(service.url, service.key), display };
}

/** Says what becomes of the service and, where it is to go on, waits for Ctrl-C. */
async function closingWords(
  { service, display }: Stage,
  request: DemoRequest,
  signal: AbortSignal,
): Promise<void> {
  if (!service.isOwn) {
    return;
  }
  if (!request.keep) {
    display.print(
      paint("dim", "  The service ends with the demo; npm run demo -- --keep leaves it running."),
    );
    return;
  }
  display.print("", `  The service runs until Ctrl-C: ${service.url}/v2 key ${service.key}`);
  await unlessFailed(service, aborted(signal));
}

async function showJob(stage: Stage, ends: (() => Promise<void>)[]): Promise<ExitCode> {
  const { service, api, display } = stage;
  const lastWebhook = Promise.withResolvers<void>();
  const startedAt = performance.now();
  let isEverySignatureRight = true;
  const server = await startLoopbackServer({
    sourcePath: stage.source.path,
    onWebhook: (body, headers) => {
      const webhook = readWebhook(body, headers, service.webhookSecret);
      if (webhook === null) {
        return;
      }
      isEverySignatureRight &&= webhook.signature !== "wrong";
      display.print(renderWebhook(webhook, performance.now() - startedAt, paint));
      if (webhook.event.startsWith("job.")) {
        lastWebhook.resolve();
      }
    },
  });
  ends.push(() => server.stop());
  const inputUrl = stage.source.url ?? server.sourceUrl ?? "";
  const job = await api.create(demoJobRequest({ inputUrl, webhookUrl: server.webhookUrl }));
  display.print(`  job      ${job.id}`, "");
  const status = await followJob(api, job.id, display);
  const jobTime = secondsSince(startedAt);
  const isComplete = await waitForLastWebhook(lastWebhook.promise);
  display.settle();
  const color = status === "job.completed" ? "green" : "red";
  display.print("", `  ${paint(color, status)} in ${jobTime}`, "");
  if (!isComplete) {
    display.print(`  ${paint("red", "The last webhook has not come.")}`, "");
  }
  await showOutputs(await api.read(job.id), stage);
  return status === "job.completed" && isComplete && isEverySignatureRight ? 0 : 1;
}

async function showOutputs(job: Job, { api, service, display }: Stage): Promise<void> {
  if (job.input.error !== undefined) {
    display.print(`  ${paint("red", job.input.error)}`, "");
  }
  const summaries = await summarizeOutputs(job, await api.metadata(job.id));
  const table = renderOutputTable(summaries, { widthColumns: columnsOf(process.stdout) - 2, paint });
  display.print(...table.map((line) => `  ${line}`));
  const stream = summaries.find((summary) => summary.key === "httpstream")?.urls[0];
  if (stream !== undefined) {
    display.print(
      "",
      `  Play the stream: ${paint("bold", `${service.url}/play?src=${new URL(stream).pathname}`)}`,
    );
  }
}

/** The person wants an end before the demo's own. */
class Stopped extends Error {}

/** The work's result. @throws Stopped as soon as the person wants an end. */
function unlessStopped<Value>(signal: AbortSignal, work: Promise<Value>): Promise<Value> {
  const stopped = aborted(signal).then(() => Promise.reject(new Stopped()));
  return Promise.race([stopped, work]);
}

/** The work's result, unless the demo's own service ends before. */
function unlessFailed<Value>(service: DemoService, work: Promise<Value>): Promise<Value> {
  const failure = service.failed.then((sentence) => Promise.reject(new CliError(sentence)));
  return Promise.race([work, failure]);
}

function secondsSince(at: number): string {
  return `${((performance.now() - at) / 1_000).toFixed(1)} s`;
}

await runCommand(USAGE, demo);
