/** Parameters of `dash`: fragmented MP4 under a DASH manifest, and how it is protected. */
import { z } from "zod";
import type { CommonKeyRequest, DashRequest } from "../domain/job-spec.ts";
import { parseKey, parseKeyId, parsePlayerUri, parsePssh } from "./key-values.ts";
import type { OutputContext } from "./output-context.ts";
import { parseFields } from "./request-fields.ts";
import type { PackageFields } from "./stream-package.ts";

const CODE = "output_param_not_valid";
const LICENSE_SCHEMES = ["https", "http"];

const dashSchema = z.object({ hlsfmp4: z.boolean({ error: "must be true or false" }).default(false) });

type Keys = PackageFields["keys"];
type Systems = Pick<CommonKeyRequest, "widevine" | "playready" | "fairplay" | "clearkey">;

/** Everything but the path. Null after a problem: `output_param_not_valid`. */
export function parseDash(dash: PackageFields, context: OutputContext): Omit<DashRequest, "path"> | null {
  const { field, fields, keys } = dash;
  const options = parseFields(dashSchema, fields, { field, code: CODE }, context.problems);
  const before = context.problems.count();
  const encryption = keys.size === 0 ? null : parseEncryption(keys, context);
  if (options === null || (encryption === null && context.problems.count() > before)) {
    return null;
  }
  const hasHls = options.hlsfmp4;
  return encryption === null || fitsHls(encryption, hasHls, dash, context) ? { hasHls, encryption } : null;
}

/** Null after a problem. */
function parseEncryption(keys: Keys, { problems, streamKeys }: OutputContext): CommonKeyRequest | null {
  const givenKey = keys.get("encryption_key");
  const givenId = keys.get("encryption_key_id");
  const before = problems.count();
  if (givenKey === undefined) {
    for (const { field } of keys.values()) {
      const advice = "Give encryption_key and encryption_key_id too, or remove it.";
      problems.add(CODE, { field, rule: "has no meaning without a key", advice });
    }
    return null;
  }
  if (givenId === undefined) {
    problems.add(CODE, {
      field: givenKey.field,
      rule: "needs an encryption_key_id",
      advice: "Give the id by which the licence server knows the key: 32 hexadecimal digits or a UUID.",
    });
  }
  const key = parseKey(givenKey, problems);
  const keyId = givenId === undefined ? null : parseKeyId(givenId, problems);
  if (key !== null && key === keyId) {
    const advice = "Everybody can read the id. Give the id by which the licence server knows the key.";
    problems.add(CODE, { field: givenId?.field ?? "", rule: "is the key itself", advice });
  }
  const scheme = parseScheme(keys, problems);
  const systems = parseSystems(keys, problems);
  return key === null || keyId === null || scheme === null || problems.count() > before
    ? null
    : { scheme, keys: streamKeys.push([key]) - 1, keyId, ...systems };
}

function parseScheme(keys: Keys, problems: OutputContext["problems"]): "cenc" | "cbcs" | null {
  const given = keys.get("encryption_scheme");
  if (given === undefined || given.value === "cenc" || given.value === "cbcs") {
    return given?.value === "cbcs" ? "cbcs" : "cenc";
  }
  problems.add(CODE, { field: given.field, value: given.value, rule: 'must be "cenc" or "cbcs"' });
  return null;
}

/** Problems leave their system out. */
function parseSystems(keys: Keys, problems: OutputContext["problems"]): Systems {
  const address = (name: string, schemes: readonly string[]) => {
    const given = keys.get(name);
    return given === undefined ? null : parsePlayerUri(given, schemes, problems);
  };
  const system = (name: "widevine" | "playready") => {
    const given = keys.get(`${name}_pssh`);
    const pssh = given === undefined ? null : parsePssh(given, name, problems);
    const licenseUrl = address(`${name}_laurl`, LICENSE_SCHEMES);
    return pssh === null && licenseUrl === null ? null : { pssh, licenseUrl };
  };
  const keyUri = address("fairplay_key_uri", ["skd", "https"]);
  const licenseUrl = address("clearkey_laurl", LICENSE_SCHEMES);
  return {
    widevine: system("widevine"),
    playready: system("playready"),
    fairplay: keyUri === null ? null : { keyUri },
    clearkey: licenseUrl === null ? null : { licenseUrl },
  };
}

/** FairPlay exists in HLS playlists only. */
function fitsHls(
  { scheme, fairplay }: CommonKeyRequest,
  hasHls: boolean,
  { field, keys }: PackageFields,
  { problems }: OutputContext,
): boolean {
  const before = problems.count();
  const fairplayField = keys.get("fairplay_key_uri")?.field ?? field;
  if (fairplay !== null && !hasHls) {
    const advice = 'Write "hlsfmp4": true too, or remove it.';
    problems.add(CODE, { field: fairplayField, rule: "has an effect in HLS playlists only", advice });
  }
  if (fairplay !== null && scheme !== "cbcs") {
    const advice = 'Write "encryption_scheme": "cbcs".';
    problems.add(CODE, {
      field: fairplayField,
      rule: "needs the scheme cbcs: Apple's players know no other",
      advice,
    });
  }
  return problems.count() === before;
}
