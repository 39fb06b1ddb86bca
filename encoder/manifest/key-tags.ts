/** EXT-X-KEY tags (RFC 8216 §4.3.2.4): where players get the keys of a stream. */
import { base64, hex } from "@scure/base";
import { PROTECTION_SYSTEMS } from "../contract/protection-systems.ts";
import type { Licenses, TransportKeys } from "../contract/stream.ts";
import { attributeList } from "./attribute-list.ts";
import { playreadyPssh, psshData, widevinePssh } from "./pssh-box.ts";
import { keyIndex, segmentIv } from "./segment-key.ts";

/** The tag of one whole segment under AES-128. Its IV is its number, said aloud: players count from another zero. */
export function segmentKeyTag(keys: TransportKeys, segmentNumber: number): string {
  const { uris, segmentsPerKey } = keys;
  const uri = uris[keyIndex(segmentNumber, uris.length, segmentsPerKey)] ?? "";
  return keyTag({ METHOD: { bare: "AES-128" }, URI: uri, IV: { bare: `0x${segmentIv(segmentNumber)}` } });
}

/** The tags of a track of encrypted fragmented MP4, one for each licence system. */
export function licenseTags(licenses: Licenses): string[] {
  const method = { METHOD: { bare: licenses.scheme === "cbcs" ? "SAMPLE-AES" : "SAMPLE-AES-CTR" } };
  const keyId = { KEYID: { bare: `0x${licenses.keyId}` } };
  const format = (name: string) => ({ KEYFORMAT: name, KEYFORMATVERSIONS: "1" });
  const tags: string[] = [];
  // FairPlay knows cbcs only.
  if (licenses.fairplay && licenses.scheme === "cbcs") {
    const { keyUri } = licenses.fairplay;
    tags.push(keyTag({ ...method, URI: keyUri, ...format("com.apple.streamingkeydelivery") }));
  }
  if (licenses.widevine) {
    const uri = `data:text/plain;base64,${widevinePssh(licenses)}`;
    tags.push(
      keyTag({ ...method, URI: uri, ...keyId, ...format(`urn:uuid:${PROTECTION_SYSTEMS.widevine}`) }),
    );
  }
  if (licenses.playready) {
    // PlayReady wants its own object, without the box around it.
    const uri = `data:text/plain;charset=UTF-16;base64,${psshData(playreadyPssh(licenses))}`;
    tags.push(keyTag({ ...method, URI: uri, ...keyId, ...format("com.microsoft.playready") }));
  }
  if (licenses.clearkey || tags.length === 0) {
    // hls.js takes the first sixteen bytes for the key id, whatever KEYID says; the init segment has the box.
    const uri = `data:text/plain;base64,${base64.encode(hex.decode(licenses.keyId))}`;
    tags.push(keyTag({ ...method, URI: uri, ...keyId, ...format("org.w3.clearkey") }));
  }
  return tags;
}

function keyTag(attributes: Parameters<typeof attributeList>[0]): string {
  return `#EXT-X-KEY:${attributeList(attributes)}`;
}
