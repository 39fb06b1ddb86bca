import { describe, expect, it } from "vitest";
import type { ConditionValue } from "../../../../../worker/domain/condition/condition-values.ts";
import type { OutputRequest } from "../../../../../worker/domain/job-spec.ts";
import { fillPaths, keysFailure } from "../../../../../worker/domain/plan/fill-paths.ts";
import { aStream, aVideo, anImage } from "../../../../support/job-builders.ts";

const fill = (request: OutputRequest, value: ConditionValue) => fillPaths(request, () => value);

describe("fillPaths", () => {
  it("leaves paths without variables as they are", () => {
    const request = aVideo({ path: "/a b%20{c}.mp4" });
    expect(fill(request, "x")).toEqual({ ok: true, request });
  });

  it("fills the paths of a stream and of its packages", () => {
    const request = aStream({
      path: "/{{ input.width }}",
      hls: { path: "/hls-{{ input.height }}", version: 3, isLiveEdge: false, encryption: null },
      dash: { path: "/dash-{{ input.height }}", hasHls: true, encryption: null },
    });
    expect(fill(request, 720)).toMatchObject({
      ok: true,
      request: {
        path: "/720",
        hls: { path: "/hls-720", version: 3 },
        dash: { path: "/dash-720", hasHls: true },
        playlistName: "master",
      },
    });
    expect(fill(aStream({ hls: null }), 720)).toMatchObject({ ok: true, request: { hls: null, dash: null } });
  });

  it.each(["../../etc", "%02d", "a/b", "#num#", "..", ""])(
    "makes one safe part of a path of the value %j, or fails the output",
    (value) => {
      const filled = fill(anImage({ path: "/x/{{ input.format }}/%.2d.jpg" }), value);
      if (!filled.ok) {
        expect(filled.failure.code).toBe("output_path_unusable");
        return;
      }
      expect(filled.request.path.split("/")).toHaveLength(4);
      expect(filled.request.path.split("/")).not.toContain("..");
      expect(filled.request.path.match(/%[.0]?\d?d|#num#/g)).toEqual(["%.2d"]);
    },
  );
});

describe("keysFailure", () => {
  it("refuses keys that are longer than a store takes, and says so", () => {
    expect(keysFailure(["a".repeat(978)])).toBeNull();
    expect(keysFailure(["short", "ü".repeat(490)])).toEqual({
      code: "output_path_unusable",
      limit: "is longer than 978 bytes",
    });
  });
});
