/** Common encryption of a stream's segments by shaka-packager, which ships as a program in its npm package. */
import { createHash } from "node:crypto";
import { mkdir, open, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { CommonEncryption } from "../contract/stream.ts";
import { BOX_HEADER_BYTES } from "../ffmpeg/box-header.ts";
import { IV_BYTES, packagerArgs, packagerKeyFlags } from "../ffmpeg/stream/packager-args.ts";
import { fragmentFile, FRAGMENT_FILE_TEMPLATE, INIT_FILE } from "../manifest/file-names.ts";
import { listBoxes } from "./append-fragments.ts";
import { programLimits, wallLimitFor } from "./ffmpeg.ts";
import { readFragments } from "./fragment-file.ts";
import { hashFile } from "./hash-file.ts";
import { joinRest } from "./join-rest.ts";
import { locatePackager } from "./locate-packager.ts";
import { runProcess } from "./run-process.ts";
import { checkFailed, TaskFailure } from "./task-failure.ts";
import type { WorkContext } from "./work-context.ts";
import type { CutSegment } from "./write-segments.ts";

export type EncryptedSegment = {
  startTicks: number;
  durationTicks: number;
  path: string;
  sizeBytes: number;
  /** Up to the end of the first sample. */
  keyframeBytes: number;
};

export type EncryptionWork = {
  encryption: CommonEncryption;
  kind: "video" | "audio";
  /** A file of `beginSegments`, and what lies in it. */
  path: string;
  segments: readonly CutSegment[];
  jobId: string;
  /** Key of the folder that it is published to. */
  folderKey: string;
  firstNumber: number;
  spanSeconds: number | null;
};

const FRAGMENT_EXTENSION = ".m4s";

/** The packager says everything of its samples in their fragment. */
const NO_DEFAULTS = { durationTicks: 0, sizeBytes: 0, flags: 0 };

/** Within the packager's working directory, which goes with the task. */
const KEY_FLAGS_FILE = "key.flags";

/**
 * Encrypts the segments into a directory of their own below `ctx.directory`.
 *
 * @throws TaskFailure `encode_failed` when the packager fails, `output_check_failed` when it has cut elsewhere
 */
export async function encryptFragments(
  work: EncryptionWork,
  ctx: WorkContext,
): Promise<{ initPath: string; segments: EncryptedSegment[] }> {
  const directory = join(ctx.directory, "encrypted");
  await mkdir(directory);
  await runPackager(work, { ...ctx, directory });
  const initPath = join(directory, INIT_FILE);
  await forgetDuration(initPath);
  const names = work.segments.map(({ startTicks }) => fragmentFile(startTicks));
  await joinRest(directory, FRAGMENT_EXTENSION, names);
  const segments: EncryptedSegment[] = [];
  for (const { startTicks, durationTicks } of work.segments) {
    const path = join(directory, fragmentFile(startTicks));
    const sizeBytes = (await stat(path).catch(() => ({ size: 0 }))).size;
    if (sizeBytes === 0) {
      throw checkFailed(`no encrypted segment begins at ${startTicks} ticks`);
    }
    const keyframeBytes = await endOfFirstSample(path);
    segments.push({ startTicks, durationTicks, path, sizeBytes, keyframeBytes });
  }
  return { initPath, segments };
}

async function runPackager(work: EncryptionWork, ctx: WorkContext): Promise<void> {
  const { encryption, kind, path } = work;
  const wallLimitMs = wallLimitFor(work.spanSeconds);
  await writeFile(join(ctx.directory, KEY_FLAGS_FILE), packagerKeyFlags(encryption), { mode: 0o600 });
  const end = await runProcess({
    file: locatePackager(),
    args: packagerArgs({
      scheme: encryption.scheme,
      keyFlagsPath: KEY_FLAGS_FILE,
      psshHex: Buffer.concat(encryption.pssh.map((box) => Buffer.from(box, "base64"))).toString("hex"),
      kind,
      iv: await ivOf(work),
      inputPath: path,
      initName: INIT_FILE,
      segmentTemplate: FRAGMENT_FILE_TEMPLATE,
    }),
    directory: ctx.directory,
    signal: ctx.signal,
    wallLimitMs,
    limits: programLimits(wallLimitMs),
  });
  if (end.exitCode !== 0 || end.endedBy !== "itself") {
    const log = `shaka-packager: exit code ${end.exitCode}, ended by ${end.endedBy}\n${end.stderrTail}`;
    throw new TaskFailure({ code: "encode_failed" }, { log });
  }
}

/**
 * Equal for equal work, so that an attempt that is made again writes equal bytes. With `cenc` samples count on from it,
 * and two different samples under one key must never share a counter: so it is made from all that tells a stretch from
 * others, its own bytes too, because a stretch that is encoded anew replaces another of the same name. With `cbcs` it
 * stands in the description, which all stretches of a track share.
 */
async function ivOf({ encryption, jobId, folderKey, firstNumber, path }: EncryptionWork): Promise<string> {
  const { scheme, keyId } = encryption;
  const track = [keyId, jobId, folderKey];
  const name = scheme === "cbcs" ? track : [...track, firstNumber, (await hashFile(path)).sha256];
  return createHash("sha256")
    .update(JSON.stringify(name))
    .digest("hex")
    .slice(0, 2 * IV_BYTES[scheme]);
}

/** Where a segment's first sample ends; what it takes to decrypt it lies in the `moof` before it. */
async function endOfFirstSample(path: string): Promise<number> {
  const file = await open(path, "r");
  try {
    const { value: fragment } = await readFragments(file, await listBoxes(file), NO_DEFAULTS).next();
    if (fragment === undefined) {
      throw checkFailed("an encrypted segment has no fragment");
    }
    return fragment.dataByte + fragment.samples[0].sizeBytes;
  } finally {
    await file.close();
  }
}

/** The description says how long the first stretch is, as if it were the whole: that box is made into free space. */
async function forgetDuration(initPath: string): Promise<void> {
  const init = await readFile(initPath);
  const typeAt = init.indexOf("mehd");
  const isBox = typeAt >= 4 && init.readUInt32BE(typeAt - 4) <= BOX_HEADER_BYTES + 8;
  if (isBox) {
    init.write("free", typeAt);
    await writeFile(initPath, init);
  }
}
