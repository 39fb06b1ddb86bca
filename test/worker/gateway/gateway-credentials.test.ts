import { describe, expect, it } from "vitest";
import { mintGatewayCredentials, readGatewayGrant } from "../../../worker/gateway/gateway-credentials.ts";
import { parseMasterKey } from "../../../worker/secrets/master-key.ts";

const masterKey = parseMasterKey(btoa("0123456789abcdef0123456789abcdef"));
const grant = { prefix: "work/AbCdEf12345678/", access: "rw", expiresAt: 1_800_000_000_000 } as const;

describe("mintGatewayCredentials", () => {
  it("writes the grant into the access key id, from where it is read back", async () => {
    const { accessKeyId } = await mintGatewayCredentials({ masterKey, ...grant });
    expect(accessKeyId).toMatch(/^COPRA1[A-Za-z0-9_-]+$/);
    expect(await readGatewayGrant(masterKey, accessKeyId)).toEqual(grant);
  });

  it("keeps dots and letters of any script in the prefix", async () => {
    const prefix = "hosted/a.b.rw.1/é 日本/";
    const { accessKeyId } = await mintGatewayCredentials({ masterKey, ...grant, prefix });
    expect((await readGatewayGrant(masterKey, accessKeyId))?.prefix).toBe(prefix);
  });

  it("gives the same grant the same secret, and every other grant or master key another one", async () => {
    const other = parseMasterKey(btoa("another-master-key-another-maste"));
    const secrets = await Promise.all(
      [
        { masterKey, ...grant },
        { masterKey, ...grant },
        { masterKey, ...grant, access: "r" as const },
        { masterKey, ...grant, prefix: "work/x/" },
        { masterKey, ...grant, expiresAt: grant.expiresAt + 1 },
        { masterKey: other, ...grant },
      ].map(async (options) => (await mintGatewayCredentials(options)).secretAccessKey),
    );
    expect(secrets[1]).toBe(secrets[0]);
    expect(new Set(secrets).size).toBe(5);
  });

  it.each(["", "/", "work", "/work/", "work/ab"])("refuses the prefix %j", async (prefix) => {
    await expect(mintGatewayCredentials({ masterKey, ...grant, prefix })).rejects.toThrow(RangeError);
  });
});
