import { describe, expect, it } from "vitest";
import {
  clearkeyPssh,
  playreadyPssh,
  psshData,
  widevinePssh,
} from "../../../../encoder/manifest/pssh-box.ts";
import { someLicenses } from "../../../support/ladders.ts";

const KEY_ID = "00112233445566778899aabbccddeeff";
const bytesOf = (base64: string) => Buffer.from(base64, "base64");

/** Size, type, version and system of a box. */
function headOf(box: Buffer) {
  return {
    isWhole: box.readUInt32BE(0) === box.length,
    type: box.toString("latin1", 4, 8),
    version: box[8],
    system: box.toString("hex", 12, 28),
  };
}

describe("widevinePssh", () => {
  it("gives back the customer's box", () => {
    expect(widevinePssh(someLicenses({ widevine: { pssh: "AAAA", licenseUrl: null } }))).toBe("AAAA");
  });

  it("names the key id and the scheme where there is none", () => {
    const box = bytesOf(widevinePssh(someLicenses({ scheme: "cbcs" })));
    expect(headOf(box)).toEqual({
      isWhole: true,
      type: "pssh",
      version: 0,
      system: "edef8ba979d64acea3c827dcd51d21ed",
    });
    // Field 2 with 16 bytes, and field 9 with 1667392371, which is `cbcs`, as a varint.
    expect(box.toString("hex", 32)).toBe(`1210${KEY_ID}48f3c6899b06`);
  });
});

describe("clearkeyPssh", () => {
  it("lists the key id in version 1 and carries nothing else", () => {
    const box = bytesOf(clearkeyPssh(someLicenses()));
    expect(headOf(box)).toMatchObject({
      isWhole: true,
      version: 1,
      system: "1077efecc0b24d02ace33c1e52e2fb4b",
    });
    expect(box.toString("hex", 28)).toBe(`00000001${KEY_ID}00000000`);
  });
});

describe("psshData", () => {
  it("is what comes after the header, with or without key ids", () => {
    expect(psshData(clearkeyPssh(someLicenses()))).toBe("");
    expect(bytesOf(psshData(widevinePssh(someLicenses()))).toString("hex")).toMatch(/^1210/);
    const object = bytesOf(psshData(playreadyPssh(someLicenses())));
    // A PlayReady object begins with its own length, little-endian, and has one record of type 1.
    expect([object.readUInt32LE(0), object.readUInt16LE(4), object.readUInt16LE(6)]).toEqual([
      object.length,
      1,
      1,
    ]);
    expect(object.readUInt16LE(8)).toBe(object.length - 10);
  });
});
