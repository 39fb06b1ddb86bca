import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { seal, unseal } from "../../../worker/job/seal.ts";
import { parseMasterKey } from "../../../worker/secrets/master-key.ts";

const masterKey = parseMasterKey(env.COPRA_MASTER_KEY);
const secret = { inputUrl: "https://u:p@example.com/in.mp4?sig=é", storageCredentials: null };

function flipFirstBit(bytes: ArrayBuffer): ArrayBuffer {
  const copy = new Uint8Array(bytes.slice(0));
  copy[0] = (copy[0] ?? 0) ^ 1;
  return copy.buffer;
}

describe("seal", () => {
  it("gives back the same JSON to the same job and kind", async () => {
    const sealed = await seal(masterKey, "job-a", "credentials", secret);
    expect(await unseal(masterKey, "job-a", "credentials", sealed)).toEqual(secret);
  });

  it("shows nothing of the value and never makes the same bytes twice", async () => {
    const first = await seal(masterKey, "job-a", "credentials", secret);
    const second = await seal(masterKey, "job-a", "credentials", secret);
    expect(new TextDecoder().decode(first.ciphertext)).not.toContain("example.com");
    expect(first.iv.byteLength).toBe(12);
    expect(new Uint8Array(first.iv)).not.toEqual(new Uint8Array(second.iv));
    expect(new Uint8Array(first.ciphertext)).not.toEqual(new Uint8Array(second.ciphertext));
  });

  it("refuses a value that has no JSON form", async () => {
    await expect(seal(masterKey, "job-a", "credentials", undefined)).rejects.toThrow(TypeError);
  });
});

describe("unseal", () => {
  it("opens for no other job and no other kind", async () => {
    const sealed = await seal(masterKey, "job-a", "credentials", secret);
    await expect(unseal(masterKey, "job-b", "credentials", sealed)).rejects.toThrow("belongs elsewhere");
    await expect(unseal(masterKey, "job-a", "input", sealed)).rejects.toThrow("belongs elsewhere");
  });

  it("notices one flipped bit in the ciphertext and in the IV", async () => {
    const sealed = await seal(masterKey, "job-a", "credentials", secret);
    const altered = [
      { ...sealed, ciphertext: flipFirstBit(sealed.ciphertext) },
      { ...sealed, iv: flipFirstBit(sealed.iv) },
    ];
    for (const value of altered) {
      await expect(unseal(masterKey, "job-a", "credentials", value)).rejects.toThrow("was altered");
    }
  });

  it("says that the master key has changed when it has", async () => {
    const sealed = await seal(masterKey, "job-a", "credentials", secret);
    const other = parseMasterKey(btoa("another-master-key-another-maste"));
    await expect(unseal(other, "job-a", "credentials", sealed)).rejects.toThrow("another COPRA_MASTER_KEY");
    const relabelled = { ...sealed, keyVersion: (await seal(other, "x", "y", 1)).keyVersion };
    await expect(unseal(other, "job-a", "credentials", relabelled)).rejects.toThrow("was altered");
  });
});
