import { describe, expect, it } from "vitest";
import { decodeText } from "../../../../encoder/run/decode-text.ts";

const TEXT = "Grüße – 日本\n";

describe("decodeText", () => {
  it.each([
    ["UTF-8", Buffer.from(TEXT)],
    ["UTF-8 with a mark", Buffer.from(`\ufeff${TEXT}`)],
    ["UTF-16LE with a mark", Buffer.from(`\ufeff${TEXT}`, "utf16le")],
    ["UTF-16BE with a mark", Buffer.from(`\ufeff${TEXT}`, "utf16le").swap16()],
    ["UTF-16LE", Buffer.from(TEXT, "utf16le")],
    ["UTF-16BE", Buffer.from(TEXT, "utf16le").swap16()],
  ])("reads %s", (_, bytes) => {
    expect(decodeText(bytes)).toBe(TEXT);
  });

  it("takes any other bytes for Windows-1252", () => {
    expect(decodeText(Uint8Array.of(0x80, 0x92, 0xe9, 0x20))).toBe("€’é ");
  });

  it("drops NULs, however many there are", () => {
    expect(decodeText(Buffer.from("a\0b"))).toBe("ab");
    expect(decodeText(new Uint8Array(64))).toBe("");
  });

  it("gives nothing for nothing", () => {
    expect(decodeText(new Uint8Array())).toBe("");
  });
});
