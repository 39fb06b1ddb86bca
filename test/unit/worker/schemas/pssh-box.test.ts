import { describe, expect, it } from "vitest";
import { psshProblem } from "../../../../worker/schemas/pssh-box.ts";
import { aPssh } from "../../../support/pssh-boxes.ts";

const bytesOf = (base64: string): Buffer => Buffer.from(base64, "base64");
const spoilt = (change: (box: Buffer) => Buffer | void): string => {
  const box = bytesOf(aPssh("widevine"));
  return (change(box) ?? box).toString("base64");
};

describe("psshProblem", () => {
  it.each([
    ["of version 0", aPssh("widevine")],
    ["with key ids", aPssh("widevine", ["a".repeat(32), "b".repeat(32)])],
  ])("takes a whole box %s", (_, box) => {
    expect(psshProblem(box, "widevine")).toBeNull();
  });

  it.each([
    ["text", "not base64!", "must be base64"],
    ["base64 of another alphabet", aPssh("widevine").replace(/=*$/, "-_"), "must be base64"],
    ["nothing", "", "is not a pssh box"],
    ["the data without its box", Buffer.from("x".repeat(50)).toString("base64"), "is not a pssh box"],
    ["half a box", spoilt((box) => box.subarray(0, -1)), "it says that it has 36 bytes, but has 35"],
    ["two boxes", spoilt((box) => Buffer.concat([box, box])), "it says that it has 36 bytes, but has 72"],
    ["a version of the future", spoilt((box) => void box.writeUInt8(2, 8)), "of version 2"],
    ["another system's box", aPssh("playready"), "of another system than Widevine"],
    ["data of the wrong length", spoilt((box) => void box.writeUInt32BE(5, 28)), "do not add up"],
    ["more key ids than fit", spoilt((box) => void box.writeUInt8(1, 8)), "do not add up"],
  ])("refuses %s", (_, box, problem) => {
    expect(psshProblem(box, "widevine")).toContain(problem);
  });
});
