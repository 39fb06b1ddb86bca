/** ffprobe of packages before they are published: of their manifests with the first segments of every track. */
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Ffprobe } from "../contract/media-info.ts";
import type { ObjectStoreConfig } from "../contract/object-store.ts";
import type { Packages, PlacedTrack } from "../contract/stream.ts";
import type { PackageTask } from "../contract/task.ts";
import { probePackageArgs } from "../ffmpeg/probe/probe-args.ts";
import { parseProbeTree } from "../ffmpeg/probe/probe-tree.ts";
import { fileKey, fragmentFile, INIT_FILE, transportFile } from "../manifest/file-names.ts";
import { manifests } from "../manifest/manifests.ts";
import type { PackageKind } from "../manifest/sound-groups.ts";
import { segmentStarts } from "../manifest/track-times.ts";
import { mapConcurrently } from "../map-concurrently.ts";
import { runFfprobe } from "./ffmpeg.ts";
import { checkFailed, TaskFailure } from "./task-failure.ts";
import { type TaskRun, workContext } from "./task-run.ts";
import type { WorkContext } from "./work-context.ts";

/** Enough to know every stream, and that one segment follows from the other. */
const SEGMENTS_PER_TRACK = 2;

/** Each is a few megabytes at most. */
const FETCHES_AT_ONCE = 4;

/**
 * What ffprobe reads from each manifest that players open, in the order of `manifests`. Null where the customer's
 * credentials may write objects and not read them.
 *
 * @throws TaskFailure `output_check_failed` when a manifest cannot be read or the media of one is not there
 */
export async function probePackages(task: PackageTask, run: TaskRun): Promise<(Ffprobe | null)[]> {
  const media = firstMedia(task);
  run.expectBytes(media.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0));
  const readable = await fetchMedia(media, task.packages, run);
  const ctx = await workContext(run, "packaging", run.signal);
  const packages = await writeKeys(withoutTiles(task.packages), run.directory);
  const [lists, masters] = manifests({ ...task.ladder, subtitles: [] }, packages, false);
  for (const manifest of [...lists, ...masters]) {
    await writeFile(await placeOf(run.directory, manifest.package, manifest.name), manifest.text);
  }
  const probes: (Ffprobe | null)[] = [];
  for (const manifest of masters) {
    const path = join(run.directory, manifest.package, manifest.name);
    probes.push(readable.has(manifest.package) ? await probeManifest(path, ctx) : null);
    ctx.onProgress(probes.length / masters.length);
  }
  return probes;
}

async function probeManifest(path: string, ctx: WorkContext): Promise<Ffprobe> {
  const printed = await runFfprobe(probePackageArgs(path), ctx, "output_check_failed").catch(
    (error: unknown) => {
      throw ofThePackage(error);
    },
  );
  const ffprobe = parseProbeTree(printed);
  if (ffprobe === null) {
    throw checkFailed(`ffprobe reads no streams from ${path}`);
  }
  return ffprobe;
}

/** What FFmpeg cannot read is a source elsewhere. Here it is what Copra has written. */
function ofThePackage(error: unknown): unknown {
  const isUnreadable = error instanceof TaskFailure && error.failure.code.startsWith("source_");
  return isUnreadable ? checkFailed(error.log ?? error.failure.code) : error;
}

/** FFmpeg's reader of DASH gives up at texts and pictures beside the media. */
function withoutTiles(packages: Packages): Packages {
  const { fragments } = packages;
  return { ...packages, fragments: fragments && { ...fragments, tiles: null } };
}

type MediaFile = { kind: PackageKind; name: string; sizeBytes: number };

/** An initialization segment is small; how small is not known. */
const INIT_ROOM_BYTES = 64 * 1024;

function firstMedia({ ladder, packages }: PackageTask): MediaFile[] {
  const tracks = [...ladder.pictures, ...ladder.sounds];
  const transport = packages.transport ? tracks.flatMap((track) => track.transport ?? []) : [];
  const fragments = packages.fragments ? tracks.flatMap((track) => track.fragments ?? []) : [];
  return [
    ...transport.flatMap((track) => firstFiles("transport", track, ({ number }) => transportFile(number))),
    ...fragments.flatMap((track) => {
      const starts = segmentStarts(track);
      return [
        { kind: "fragments" as const, name: `${track.folder}/${INIT_FILE}`, sizeBytes: INIT_ROOM_BYTES },
        ...firstFiles("fragments", track, (_, index) => fragmentFile(starts[index] ?? 0)),
      ];
    }),
  ];
}

type Segment = PlacedTrack["segments"][number];

function firstFiles(
  kind: PackageKind,
  { folder, segments }: PlacedTrack,
  fileName: (segment: Segment, index: number) => string,
): MediaFile[] {
  return segments.slice(0, SEGMENTS_PER_TRACK).map((segment, index) => ({
    kind,
    name: `${folder}/${fileName(segment, index)}`,
    sizeBytes: segment.sizeBytes,
  }));
}

/** Fetches the files into `<directory>/<package>/`, and says of which packages they may be read. */
async function fetchMedia(
  media: readonly MediaFile[],
  packages: Packages,
  run: TaskRun,
): Promise<Set<PackageKind>> {
  const denied = new Set<PackageKind>();
  let doneCount = 0;
  await mapConcurrently(media, FETCHES_AT_ONCE, run.signal, async ({ kind, name }, _, signal) => {
    const place = packages[kind];
    if (place && !denied.has(kind)) {
      const path = await placeOf(run.directory, kind, name);
      const ref = { store: place.store, key: fileKey(place.prefix, name) };
      await run.services.objects.getToFile(ref, path, { signal }).catch((error: unknown) => {
        if (!isDenied(error, place.store)) {
          throw isMissing(error) ? checkFailed(`${ref.key} is missing`) : error;
        }
        denied.add(kind);
      });
    }
    doneCount += 1;
    run.onProgress("fetching", doneCount / media.length);
  });
  return new Set((["transport", "fragments"] as const).filter((kind) => !denied.has(kind)));
}

/** A customer may well give credentials for writing only. */
function isDenied(error: unknown, { network }: ObjectStoreConfig): boolean {
  const httpStatus = error instanceof TaskFailure ? error.failure.httpStatus : undefined;
  return network === "public" && (httpStatus === 401 || httpStatus === 403);
}

function isMissing(error: unknown): boolean {
  return error instanceof TaskFailure && error.failure.httpStatus === 404;
}

/** Puts the keys of a transport stream on the disk, because ffprobe asks no key server. Returns packages that name them. */
async function writeKeys(packages: Packages, directory: string): Promise<Packages> {
  const { transport } = packages;
  if (transport === null || transport.keys === null) {
    return packages;
  }
  const { keys } = transport;
  const uris: string[] = [];
  for (const [index, value] of keys.values.entries()) {
    const path = join(directory, `key-${index}`);
    await writeFile(path, Buffer.from(value, "hex"));
    uris.push(`file:${path}`);
  }
  return { ...packages, transport: { ...transport, keys: { ...keys, uris } } };
}

async function placeOf(directory: string, kind: PackageKind, name: string): Promise<string> {
  const path = join(directory, kind, name);
  await mkdir(dirname(path), { recursive: true });
  return path;
}
