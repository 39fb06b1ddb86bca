import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runProcess } from "../../../encoder/run/run-process.ts";
import { localFfmpeg } from "../../../worker/cli/local-ffmpeg.ts";
import { startService } from "../../../worker/cli/service.ts";
import { leftoversOf, runCli, startCli } from "../../support/cli-process.ts";

/** The demo makes its directories here, so that what it leaves can be seen. */
let root: string;
let clip: string;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), "copra-demo-test-"));
  clip = join(root, "clip with spaces & signs.mp4");
  const { ffmpegPath } = await localFfmpeg();
  const source =
    "-f lavfi -i testsrc2=size=320x180:rate=25:duration=2 -f lavfi -i sine=duration=2 -c:v libx264 -c:a aac";
  await runProcess({
    file: ffmpegPath,
    args: ["-v", "error", ...source.split(" "), "-shortest", clip],
    directory: root,
    signal: new AbortController().signal,
    wallLimitMs: 30_000,
    limits: null,
  });
});

afterAll(() => rmSync(root, { recursive: true, force: true }));

/** No port of its own would be free of a service that a developer runs at 8787. */
const OWN_PORT = ["--port", "0"] as const;

describe("npm run demo", () => {
  it("shows a whole job with --keep, and its stream plays until Ctrl-C", async () => {
    const demo = startCli("demo", [clip, "--keep", ...OWN_PORT], { env: { TMPDIR: root } });
    await demo.printed(/The service runs until Ctrl-C/);
    const shown = demo.stdout();
    expect(shown).toMatch(/^ {2}source +clip with spaces & signs\.mp4, /m);
    expect(shown).toMatch(/^ {2}webhook [\d.]+ s {2}input\.transferred {2}signature ok$/m);
    expect(shown.match(/output\.completed {2}\S+ \w+ {2}signature ok$/gm)).toHaveLength(3);
    expect(shown).toMatch(/job\.completed {2}signature ok\n/);
    expect(shown).toMatch(/^ {2}job\.completed in [\d.]+ s$/m);
    expect(shown).toMatch(/^ {2}mp4:480p +encoded +[\d.]+ kB +2\.0 s +854×480 +http/m);
    expect(shown).toMatch(/^ {2}mp4:720p +skipped$/m);
    expect(shown).toMatch(/^ {2}mp4:2160p +skipped$/m);
    expect(shown).toMatch(/^ {2}jpg:320x +created +[\d.]+ kB +4 of 320×180 +http\S+ and 3 more$/m);
    expect(shown).toMatch(
      /^ {2}httpstream +packaged +[\d.]+ kB +2\.0 s +\d variants? up to 320×180 +http\S+\.m3u8$/m,
    );
    expect(shown).not.toContain("\u001B");

    const link = /Play the stream: (?<link>\S+)$/m.exec(shown)?.groups?.["link"] ?? "";
    const page = await fetch(link);
    expect([page.status, page.headers.get("content-type")]).toEqual([
      200,
      expect.stringContaining("text/html"),
    ]);
    const stream = new URL(new URL(link).searchParams.get("src") ?? "", link);
    expect(await (await fetch(stream)).text()).toMatch(/^#EXTM3U/);

    demo.child.kill("SIGINT");
    expect(await demo.ended).toEqual({ code: 0, signal: null });
    expect(await leftoversOf(root, 0)).toEqual([]);
    expect(readdirSync(root)).toEqual(["clip with spaces & signs.mp4"]);
  });

  it("ends with code 1 and the reason when the video cannot be encoded, and leaves nothing", async () => {
    const path = join(root, "no-video.mp4");
    writeFileSync(path, "This is no video.\n".repeat(1_000));
    const { code, stdout } = await runCli("demo", [path, ...OWN_PORT], { TMPDIR: root });
    rmSync(path);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^ {2}job\.failed in /m);
    expect(stdout).toMatch(/job\.failed {2}signature ok/);
    expect(await leftoversOf(root, 0)).toEqual([]);
    expect(readdirSync(root)).toEqual(["clip with spaces & signs.mp4"]);
  });

  it("uses a service that runs already and leaves it running", async () => {
    const service = await startService({ stateDir: join(root, "running"), port: 0 });
    try {
      const { port } = new URL(service.url);
      const { code, stdout } = await runCli("demo", [clip, "--port", port], { TMPDIR: root });
      expect(code).toBe(0);
      expect(stdout).toContain(`service  ${service.url}/v2  running already`);
      // The state of this service is not the one that the demo knows the secret of.
      expect(stdout).toMatch(/job\.completed {2}signature not checked/);
      expect((await fetch(`${service.url}/health`)).status).toBe(200);
    } finally {
      await service.stop();
      rmSync(join(root, "running"), { recursive: true, force: true });
    }
  });

  it("leaves nothing behind when it is ended in the middle of a job", async () => {
    const demo = startCli("demo", [clip, ...OWN_PORT], { env: { TMPDIR: root } });
    await demo.printed(/^ {2}job +\w{14}$/m);
    demo.child.kill("SIGTERM");
    expect(await demo.ended).toEqual({ code: 130, signal: null });
    expect(await leftoversOf(root, 0)).toEqual([]);
    expect(readdirSync(root)).toEqual(["clip with spaces & signs.mp4"]);
  });

  it("says in a sentence that a file cannot be read", async () => {
    const { code, stderr } = await runCli("demo", ["/nowhere/video.mp4", ...OWN_PORT], { TMPDIR: root });
    expect(code).toBe(1);
    expect(stderr).toBe("/nowhere/video.mp4 cannot be read: give a video file, or an http or https URL.\n");
    expect(await leftoversOf(root, 0)).toEqual([]);
  });
});
