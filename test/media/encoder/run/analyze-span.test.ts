import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { analyzeSpan } from "../../../../encoder/run/analyze-span.ts";
import { cutBefore, indexFrames } from "../../../support/chunked-encode.ts";
import { anAnalyzeTask } from "../../../support/encoder-tasks.ts";
import { lavfi, makeClip, makeTestDirectory } from "../../../support/make-clip.ts";
import { aWorkContext } from "../../../support/work-context.ts";

let directory: Awaited<ReturnType<typeof makeTestDirectory>>;
beforeAll(async () => {
  directory = await makeTestDirectory();
});
afterAll(() => directory.remove());

describe("analyzeSpan", () => {
  it("finds a busy span worth many times a quiet one", async () => {
    const scenes =
      "testsrc2=s=640x360:r=25:d=6,noise=alls=40:allf=t:enable='gte(t,3)',boxblur=20:enable='lt(t,3)'";
    const path = await makeClip(directory.path, "scenes.mp4", [
      ...lavfi(scenes),
      ...["-c:v", "libx264", "-preset", "ultrafast", "-g", "25"],
    ]);
    const index = await indexFrames(path);
    const middle = cutBefore(index, 75);
    const weigh = async (start: typeof middle | null, end: typeof middle | null) => {
      const task = anAnalyzeTask({ formatName: index.formatName, start, end, spanSeconds: 3 });
      return analyzeSpan({ sourceUrl: `file:${path}`, task }, await aWorkContext(directory.path));
    };
    const [quiet, busy] = await Promise.all([weigh(null, middle), weigh(middle, null)]);
    expect(quiet).toBeGreaterThan(1);
    expect(busy).toBeGreaterThan(3 * quiet);
  });
});
