import { describe, expect, it } from "vitest";
import { deriveKeyBytes, masterKeyVersion, parseMasterKey } from "../../../worker/secrets/master-key.ts";

const KEY_TEXT = btoa("0123456789abcdef0123456789abcdef");

describe("parseMasterKey", () => {
  it("reads 32 bytes of base64, with a line break around them", () => {
    expect(new TextDecoder().decode(parseMasterKey(`${KEY_TEXT}\n`).bytes)).toBe(
      "0123456789abcdef0123456789abcdef",
    );
  });

  it.each([
    [undefined, "is not set"],
    ["  ", "is not set"],
    ["?!", "is not base64"],
    [btoa("too short"), "holds 9 bytes"],
    [btoa("0123456789abcdef0123456789abcdefX"), "holds 33 bytes"],
  ])("refuses %j, says why and how to make one, and does not repeat it", (text, reason) => {
    expect(() => parseMasterKey(text)).toThrow(reason);
    expect(() => parseMasterKey(text)).toThrow("openssl rand -base64 32");
  });
});

describe("deriveKeyBytes", () => {
  it("gives 32 bytes that depend on the master key and on the purpose", async () => {
    const masterKey = parseMasterKey(KEY_TEXT);
    const other = parseMasterKey(btoa("another-master-key-another-maste"));
    const keys = await Promise.all([
      deriveKeyBytes(masterKey, "a"),
      deriveKeyBytes(masterKey, "a"),
      deriveKeyBytes(masterKey, "b"),
      deriveKeyBytes(other, "a"),
    ]);
    const texts = keys.map((key) => new Uint8Array(key).join());
    expect(keys[0]?.byteLength).toBe(32);
    expect(texts[1]).toBe(texts[0]);
    expect(new Set(texts).size).toBe(3);
  });
});

describe("masterKeyVersion", () => {
  it("names a key by 8 hex digits that are not part of it", async () => {
    const version = await masterKeyVersion(parseMasterKey(KEY_TEXT));
    expect(version).toMatch(/^[0-9a-f]{8}$/);
    expect(version).not.toBe("30313233");
    expect(await masterKeyVersion(parseMasterKey(KEY_TEXT))).toBe(version);
    expect(await masterKeyVersion(parseMasterKey(btoa("another-master-key-another-maste")))).not.toBe(
      version,
    );
  });
});
