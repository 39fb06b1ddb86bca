import { describe, expect, it } from "vitest";
import { OPTIONS } from "../../worker/domain/format/format-specs.ts";
import { OUTPUT_PARAMS } from "../../worker/schemas/output-params.ts";
import { PACKAGE_PARAMS } from "../../worker/schemas/stream-package.ts";
import { OUTPUT_EXAMPLES } from "../support/output-examples.ts";
import { outputsDocument } from "../support/outputs-document.ts";
import {
  DASH_PARAMS,
  HLS_PARAMS,
  IMAGE_PARAMS,
  OPTION_ROWS,
  STREAM_PARAMS,
  VIDEO_PARAMS,
} from "../support/parameter-rows.ts";
import { STREAM_EXAMPLES } from "../support/stream-examples.ts";

/** A kilobyte of base64; the other system's box is shown. */
const WITHOUT_EXAMPLE = ["playready_pssh"];

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
    expect(sorted(Object.keys(STREAM_PARAMS))).toEqual(sorted(OUTPUT_PARAMS.httpstream));
    for (const [rows, { own, keys }] of [
      [HLS_PARAMS, PACKAGE_PARAMS.hls],
      [DASH_PARAMS, PACKAGE_PARAMS.dash],
    ] as const) {
      expect(sorted(Object.keys(rows))).toEqual(sorted([...own, ...keys]));
    }
    expect(sorted(Object.keys(OPTION_ROWS))).toEqual(sorted(OPTIONS));
  });

  it("has an example of every parameter and option", () => {
    const text = JSON.stringify([...OUTPUT_EXAMPLES, ...STREAM_EXAMPLES].map(({ outputs }) => outputs));
    const rows = { ...VIDEO_PARAMS, ...IMAGE_PARAMS, ...STREAM_PARAMS, ...HLS_PARAMS, ...DASH_PARAMS };
    const names = [...Object.keys(rows), ...Object.keys(OPTION_ROWS)].filter(
      (name) => !WITHOUT_EXAMPLE.includes(name),
    );
    expect(
      names.filter((name) => !text.includes(`"${name}"`) && !new RegExp(`[:,]${name}\\b`).test(text)),
    ).toEqual([]);
  });
});
