import { describe, expect, it } from "vitest";
import { sizeProblem, spriteLayout } from "../../../../../worker/domain/plan/sprite-layout.ts";
import { aFrame } from "../../../../support/output-specs.ts";

const TILE = aFrame(160, 90);

describe("spriteLayout", () => {
  it.each([
    // count, columns, limit -> columns, tiles per file, files
    [10, 4, null, 4, 10, 1],
    [100, 10, 100, 10, 100, 1],
    [101, 10, 100, 10, 100, 2],
    [250, 10, 100, 10, 100, 3],
    [3, 4, null, 3, 3, 1],
    [3, 4, 100, 3, 3, 1],
    [10, 4, 2, 2, 2, 5],
    [1, 1, 1, 1, 1, 1],
  ])("spreads %i tiles in %i columns and at most %s per file", (...numbers) => {
    const [count, columns, limit, wantColumns, tilesPerFile, fileCount] = numbers;
    expect(spriteLayout({ columns, limit }, count, TILE, "jpg")).toEqual({
      ok: true,
      sprite: { columns: wantColumns, tilesPerFile },
      fileCount,
    });
  });

  it("refuses a sprite that its format cannot hold, with the numbers", () => {
    const failure = (limit: string) => ({ ok: false, failure: { code: "sprite_too_large", limit } });
    const wanted = { columns: 4, limit: null };
    expect(spriteLayout(wanted, 900, TILE, "webp")).toEqual(
      failure("640 x 20250 pixels, and webp has at most 16383 on a side"),
    );
    expect(spriteLayout(wanted, 900, TILE, "jpg")).toMatchObject({ ok: true });
    expect(spriteLayout(wanted, 2_912, TILE, "jpg")).toEqual(
      failure("640 x 65520 pixels, and jpg has at most 65500 on a side"),
    );
    expect(spriteLayout({ columns: 10, limit: null }, 100, aFrame(1280, 720), "png")).toEqual(
      failure("12800 x 7200 pixels, and at most 70778880 in all are written"),
    );
  });
});

describe("sizeProblem", () => {
  it("takes the largest side of each format and no more", () => {
    expect(sizeProblem({ widthPx: 16_383, heightPx: 100 }, "webp")).toBeNull();
    expect(sizeProblem({ widthPx: 16_384, heightPx: 100 }, "webp")).not.toBeNull();
    expect(sizeProblem({ widthPx: 100, heightPx: 65_500 }, "jpg")).toBeNull();
    expect(sizeProblem({ widthPx: 100, heightPx: 65_501 }, "jpg")).not.toBeNull();
    expect(sizeProblem({ widthPx: 65_535, heightPx: 100 }, "png")).toBeNull();
  });
});
