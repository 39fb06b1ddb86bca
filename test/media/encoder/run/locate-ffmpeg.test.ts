import { chmod, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ensureFfmpeg } from "../../../../encoder/run/install-ffmpeg.ts";
import { locateFfmpeg } from "../../../../encoder/run/locate-ffmpeg.ts";
import { makeTestDirectory } from "../../../support/make-clip.ts";

let directory: Awaited<ReturnType<typeof makeTestDirectory>>;
beforeAll(async () => {
  directory = await makeTestDirectory();
});
afterAll(() => directory.remove());

/** A program that answers `-version` with this text. */
async function aTool(name: string, text: string): Promise<string> {
  const path = join(directory.path, name);
  await writeFile(path, `#!/bin/sh\n/bin/cat <<'END'\n${text}\nEND\n`);
  await chmod(path, 0o755);
  return path;
}

const printed = (version: string, libavutil: string, flags = "--enable-libx264") =>
  `ffmpeg version ${version} Copyright (c)\nconfiguration: ${flags}\nlibavutil      ${libavutil} / ${libavutil}`;

const found = await locateFfmpeg();

describe("locateFfmpeg", () => {
  it("finds the tools on PATH and names their version", () => {
    expect(found.ffmpegPath).toMatch(/^\/.*ffmpeg/);
    expect(found.ffprobePath).toMatch(/^\/.*ffprobe/);
    expect(found.version).toMatch(/^\d+\.\d+/);
  });

  it("prefers the paths that were chosen", async () => {
    const chosen = join(directory.path, "my-ffmpeg");
    await symlink(found.ffmpegPath, chosen);
    const tools = await locateFfmpeg({ FFMPEG_PATH: chosen, FFPROBE_PATH: found.ffprobePath });
    expect(tools.ffmpegPath).toBe(chosen);
  });

  it("accepts a development build by its library's version", async () => {
    const tool = await aTool("development", printed("N-112000-gabcdef", "58. 27.100"));
    await expect(locateFfmpeg({ FFMPEG_PATH: tool, FFPROBE_PATH: tool })).resolves.toMatchObject({
      version: "N-112000-gabcdef",
    });
  });

  it("refuses a version that is too old", async () => {
    const tool = await aTool("old", printed("4.4.2", "56. 70.100"));
    await expect(locateFfmpeg({ FFMPEG_PATH: tool, FFPROBE_PATH: tool })).rejects.toThrow(
      /is version 4\.4\.2, but Copra needs 5\.1 or newer: install it with `apt-get install ffmpeg`/,
    );
  });

  it("refuses a build without H.264", async () => {
    const tool = await aTool("poor", printed("7.1", "59. 39.100", "--disable-gpl"));
    await expect(locateFfmpeg({ FFMPEG_PATH: tool, FFPROBE_PATH: tool })).rejects.toThrow("without libx264");
  });

  it("refuses a program that is not FFmpeg", async () => {
    const environment = { FFMPEG_PATH: "/bin/true", FFPROBE_PATH: found.ffprobePath };
    await expect(locateFfmpeg(environment)).rejects.toThrow("/bin/true does not answer");
  });

  it("says in one sentence what to install when nothing is there", async () => {
    await expect(locateFfmpeg({ PATH: directory.path })).rejects.toThrow(
      /^Copra needs ff(mpeg|probe) 5\.1 or newer, which is not on PATH: install it with .*\.$/,
    );
    await expect(
      locateFfmpeg({ FFMPEG_PATH: "/nowhere/ffmpeg", FFPROBE_PATH: "/nowhere/ffprobe" }),
    ).rejects.toThrow(/names \/nowhere\/ff(mpeg|probe), which is not a program/);
  });
});

describe("ensureFfmpeg", () => {
  it("returns the tools that are there", async () => {
    await expect(ensureFfmpeg()).resolves.toEqual(found);
  });
});
