import { describe, expect, it } from "vitest";
import { OPTIONS } from "../../worker/domain/format/format-specs.ts";
import { OUTPUT_PARAMS } from "../../worker/schemas/output-params.ts";
import { OUTPUT_EXAMPLES } from "../support/output-examples.ts";
import { outputsDocument } from "../support/outputs-document.ts";
import { IMAGE_PARAMS, OPTION_ROWS, VIDEO_PARAMS } from "../support/parameter-rows.ts";

const sorted = (names: Iterable<string>): string[] => [...new Set(names)].toSorted();

describe("OUTPUTS.md", () => {
  it("is what the tables and examples make of it", async () => {
    await expect(outputsDocument()).toMatchFileSnapshot("../../OUTPUTS.md");
  });

  it("names every parameter and option that the API takes, and no other", () => {
    expect(sorted(Object.keys(VIDEO_PARAMS))).toEqual(sorted(OUTPUT_PARAMS.video));
    expect(sorted(Object.keys(IMAGE_PARAMS))).toEqual(
      sorted([...OUTPUT_PARAMS.image, ...OUTPUT_PARAMS.animation]),
    );
    expect(sorted(Object.keys(OPTION_ROWS))).toEqual(sorted(OPTIONS));
  });

  it("has an example of every parameter and option", () => {
    const text = JSON.stringify(OUTPUT_EXAMPLES.map(({ outputs }) => outputs));
    const names = [...Object.keys({ ...VIDEO_PARAMS, ...IMAGE_PARAMS }), ...Object.keys(OPTION_ROWS)];
    expect(
      names.filter((name) => !text.includes(`"${name}"`) && !new RegExp(`[:,]${name}\\b`).test(text)),
    ).toEqual([]);
  });
});
