/** A test bed for streams: jobs with `httpstream` outputs, and their packages as players find them. */
import { mkdtemp, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import type { PackageFormat } from "../../encoder/contract/stream.ts";
import { finalView, type JobView, type OutputView } from "./job-client.ts";
import type { SourceHandler } from "./media-server.ts";
import { mirrorPackage, type MirroredPackage, type ReadFile } from "./mirror-package.ts";
import { makeStreamSource, type StreamClipName } from "./stream-clips.ts";
import { agreeWithParsers } from "./stream-lint/agree-with-parsers.ts";
import { lintPackage } from "./stream-lint/lint-package.ts";
import { startTestBed, type TestBed } from "./test-bed.ts";

export const JOB_LIMIT_MS = 170_000;

/** HLS over MPEG-TS, and DASH and HLS over the same fragmented MP4. */
export const BOTH = { hls: { path: "/hls" }, dash: { path: "/dash", hlsfmp4: true } };

/** A sound alone, and two pictures with a sound that they share. */
export const LADDER = ["mp4:x:64k", "mp4:x54::quality=4", "mp4:x90::quality=4"];

type Packages = Partial<Record<PackageFormat, MirroredPackage>>;

/** Of packages that still grow; that are somewhere else than behind their addresses. */
type CopyOptions = { isOpen?: boolean; read?: ReadFile };

export type Link = { format: PackageFormat; url: string };

export type StreamBed = TestBed & {
  /** Body of a job with events. */
  request: (source: string, outputs: object) => Record<string, unknown>;
  /** Its outputs, after the job has completed. */
  finishedOutputs: (source: string, outputs: object) => Promise<OutputView[]>;
  /** Addresses of the packages of a job's only output. */
  finishedStream: (source: string, stream: object) => Promise<Link[]>;
  /** Copies of packages, into the bed's directory; fails where one is not valid. */
  validPackages: (links: readonly Link[], options?: CopyOptions) => Promise<Packages>;
};

/** `others` are sources by their names beside the clips, made in the bed's directory. */
export async function startStreamBed(
  clips: readonly StreamClipName[],
  others: (directory: string) => Promise<Record<string, SourceHandler>> = () => Promise.resolve({}),
): Promise<StreamBed> {
  const bed = await startTestBed(
    async (directory) => {
      const files: Record<string, Uint8Array | SourceHandler> = await others(directory);
      for (const name of clips) {
        files[name] = await readFile(await makeStreamSource(directory, name));
      }
      return files;
    },
    { encoderCount: 2 },
  );
  const request: StreamBed["request"] = (source, outputs) => ({
    input: { url: bed.media.url(source) },
    storage: { service: "coconut" },
    notification: { type: "http", url: bed.webhooks.origin, events: true },
    outputs,
  });
  const finishedOutputs: StreamBed["finishedOutputs"] = async (source, outputs) => {
    const { id } = await bed.client.create(request(source, outputs));
    return completedOutputs(finalView(await bed.client.finish(id, JOB_LIMIT_MS)));
  };
  return {
    ...bed,
    request,
    finishedOutputs,
    finishedStream: async (source, stream) =>
      (await finishedOutputs(source, { httpstream: stream })).flatMap(linksOf),
    validPackages: (links, options) => copyPackages(bed.directory, links, options),
  };
}

/** Copies each package, and asks the linter and the parsers what they think of it. */
export async function copyPackages(
  directory: string,
  links: readonly Link[],
  { isOpen = false, read }: CopyOptions = {},
): Promise<Packages> {
  const packages: Packages = {};
  for (const { format, url } of links) {
    const copy = await mirrorPackage(url, await mkdtemp(join(directory, `${format}-`)), read);
    expect.soft(await lintPackage(copy.manifestPath, { isOpen }), format).toEqual([]);
    expect.soft(await agreeWithParsers(copy.manifestPath), format).toEqual([]);
    packages[format] = copy;
  }
  return packages;
}

/** Fails unless the job has made all that it was asked for. */
export function completedOutputs({ status, outputs }: JobView): OutputView[] {
  expect({ status, errors: outputs.flatMap(({ error }) => error ?? []) }).toEqual({
    status: "job.completed",
    errors: [],
  });
  return outputs;
}

/** Addresses of a stream's manifests; none of other outputs. */
export function linksOf({ type, urls = [] }: OutputView): Link[] {
  // SAFETY: the API's shape for streams.
  return type === "httpstream" ? (urls as Link[]) : [];
}
