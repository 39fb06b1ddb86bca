import { describe, expect, it } from "vitest";
import { fromBase64, fromHex, toBase64 } from "../../../../encoder/manifest/base64.ts";
import { seededRandom } from "../../../support/random.ts";

const random = seededRandom(3);
const texts = Array.from({ length: 40 }, (_, length) =>
  Buffer.from(Array.from({ length }, () => random.below(256))),
);

describe("toBase64", () => {
  it("writes what Node writes, whatever the length", () => {
    expect(texts.map((bytes) => toBase64(bytes))).toEqual(texts.map((bytes) => bytes.toString("base64")));
  });
});

describe("fromBase64", () => {
  it("reads back what was written", () => {
    expect(texts.map((bytes) => Buffer.from(fromBase64(bytes.toString("base64"))))).toEqual(texts);
  });
});

describe("fromHex", () => {
  it("reads two digits to a byte", () => {
    expect([...fromHex("00ff10")]).toEqual([0, 255, 16]);
  });
});
