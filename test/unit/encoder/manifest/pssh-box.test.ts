import { describe, expect, it } from "vitest";
import { playreadyPssh, psshData, widevinePssh } from "../../../../encoder/manifest/pssh-box.ts";
import { someLicenses } from "../../../support/ladders.ts";
import { aPssh } from "../../../support/pssh-boxes.ts";

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

describe("playreadyPssh", () => {
  const headerOf = (changes: Parameters<typeof someLicenses>[0]) => {
    const object = bytesOf(psshData(playreadyPssh(someLicenses(changes))));
    return object.toString("utf16le", 10);
  };
  const HEAD = '<WRMHEADER xmlns="http://schemas.microsoft.com/DRM/2007/03/PlayReadyHeader" version=';
  const GUID = Buffer.from("33221100554477668899aabbccddeeff", "hex").toString("base64");
  const playready = { pssh: null, licenseUrl: "https://license.example.com/?a=1&b=<2>" };

  it("writes the header that all clients know for cenc", () => {
    expect(headerOf({ scheme: "cenc", playready })).toBe(
      `${HEAD}"4.0.0.0"><DATA><PROTECTINFO><KEYLEN>16</KEYLEN><ALGID>AESCTR</ALGID></PROTECTINFO><KID>${GUID}</KID>` +
        "<LA_URL>https://license.example.com/?a=1&amp;b=&lt;2></LA_URL></DATA></WRMHEADER>",
    );
  });

  it("writes the first version with its algorithm for cbcs", () => {
    expect(headerOf({ scheme: "cbcs", playready: null })).toBe(
      `${HEAD}"4.3.0.0"><DATA><PROTECTINFO><KIDS><KID ALGID="AESCBC" VALUE="${GUID}"></KID></KIDS></PROTECTINFO>` +
        "</DATA></WRMHEADER>",
    );
  });
});

describe("psshData", () => {
  it("is what comes after the header, with or without key ids", () => {
    const keyIds = [KEY_ID, KEY_ID];
    expect(
      [aPssh("widevine"), aPssh("widevine", keyIds)].map((box) => bytesOf(psshData(box)).toString()),
    ).toEqual([...["data", "data"]]);
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
