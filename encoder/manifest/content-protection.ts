/** How a DASH manifest says that its media is encrypted (ISO 23001-7 §11, DASH-IF's content protection identifiers). */
import { PROTECTION_SYSTEMS } from "../contract/protection-systems.ts";
import type { Licenses } from "../contract/stream.ts";
import { playreadyPssh, psshData, widevinePssh } from "./pssh-box.ts";
import { element, type XmlElement } from "./xml.ts";

/** Prefixes that the elements use; they are declared on the MPD. */
export const PROTECTION_NAMESPACES = {
  "xmlns:cenc": "urn:mpeg:cenc:2013",
  "xmlns:mspr": "urn:microsoft:playready",
  "xmlns:dashif": "https://dashif.org/CPS",
} as const;

/** The scheme with its key id first, then one element for each licence system. */
export function contentProtection(licenses: Licenses): XmlElement[] {
  const { widevine, playready, clearkey, scheme, keyId } = licenses;
  const elements = [
    element("ContentProtection", {
      schemeIdUri: "urn:mpeg:dash:mp4protection:2011",
      value: scheme,
      "cenc:default_KID": uuid(keyId),
    }),
  ];
  if (widevine) {
    const pssh = element("cenc:pssh", {}, widevinePssh(licenses));
    elements.push(
      systemElement(PROTECTION_SYSTEMS.widevine, "Widevine", [pssh, ...laurl(widevine.licenseUrl)]),
    );
  }
  if (playready) {
    const pssh = playreadyPssh(licenses);
    elements.push(
      systemElement(PROTECTION_SYSTEMS.playready, "MSPR 2.0", [
        element("cenc:pssh", {}, pssh),
        element("mspr:pro", {}, psshData(pssh)),
        ...laurl(playready.licenseUrl),
      ]),
    );
  }
  if (clearkey) {
    elements.push(systemElement(PROTECTION_SYSTEMS.clearkey, "ClearKey1.0", laurl(clearkey.licenseUrl)));
  }
  return elements;
}

function systemElement(system: string, value: string, content: XmlElement[]): XmlElement {
  return element("ContentProtection", { schemeIdUri: `urn:uuid:${system}`, value }, content);
}

function laurl(url: string | null): XmlElement[] {
  return url === null ? [] : [element("dashif:Laurl", { licenseType: "EME-1.0" }, url)];
}

function uuid(hex: string): string {
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
