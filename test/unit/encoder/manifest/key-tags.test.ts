import { describe, expect, it } from "vitest";
import { licenseTags } from "../../../../encoder/manifest/key-tags.ts";
import { someLicenses } from "../../../support/ladders.ts";

const KEY_ID = "00112233445566778899aabbccddeeff";
const CLEAR = { widevine: null, playready: null, fairplay: null, clearkey: null };

describe("licenseTags", () => {
  it.each([
    ["cenc", "SAMPLE-AES-CTR"],
    ["cbcs", "SAMPLE-AES"],
  ] as const)(
    "names the bare key id of clear keys under %s, which hls.js reads of the address",
    (scheme, method) => {
      const [tag = "", ...others] = licenseTags(someLicenses({ ...CLEAR, scheme }));
      expect(others).toEqual([]);
      const [, uri = ""] = /URI="data:text\/plain;base64,([^"]*)"/.exec(tag) ?? [];
      expect(Buffer.from(uri, "base64").toString("hex")).toBe(KEY_ID);
      expect(tag).toContain(`#EXT-X-KEY:METHOD=${method},`);
      expect(tag).toContain(`KEYID=0x${KEY_ID},KEYFORMAT="org.w3.clearkey"`);
    },
  );
});
