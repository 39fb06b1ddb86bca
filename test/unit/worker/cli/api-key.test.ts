import { describe, expect, it } from "vitest";
import {
  DEVELOPMENT_KEY,
  developmentKey,
  hashApiKey,
  newApiKey,
  newWebhookSecret,
} from "../../../../worker/cli/api-key.ts";
import { CliError } from "../../../../worker/cli/cli-error.ts";

describe("developmentKey", () => {
  it("is the fixed key unless another is given", () => {
    expect(developmentKey(undefined)).toBe("k-00000000000000000000000000000000");
    expect(developmentKey("")).toBe(DEVELOPMENT_KEY);
    expect(developmentKey("k-0123456789abcdef0123456789abcdef")).toBe("k-0123456789abcdef0123456789abcdef");
  });

  it.each(["secret", "k-0123", "k-0123456789ABCDEF0123456789ABCDEF", " k-0123456789abcdef0123456789abcdef"])(
    "refuses %j without repeating it: it may be a real secret",
    (text) => {
      expect(() => developmentKey(text)).toThrow(CliError);
      expect(() => developmentKey(text)).not.toThrow(text);
    },
  );
});

describe("hashApiKey", () => {
  it("is the lower-case hex SHA-256 of the whole key", () => {
    // printf %s k-00000000000000000000000000000000 | sha256sum
    expect(hashApiKey(DEVELOPMENT_KEY)).toBe(
      "407c46dc2906b49b0bd57ab6788ab33c138867ae1ac8342341dfb3dc39efa20a",
    );
  });
});

describe("newApiKey", () => {
  it("makes keys that COPRA_DEV_KEY would take, each another", () => {
    const keys = Array.from({ length: 100 }, newApiKey);
    expect(keys.map(developmentKey)).toEqual(keys);
    expect(new Set(keys).size).toBe(100);
  });
});

describe("newWebhookSecret", () => {
  it("is whsec_ and 32 bytes in base64", () => {
    const [prefix, text] = newWebhookSecret().split("_");
    expect(prefix).toBe("whsec");
    expect(Buffer.from(text ?? "", "base64")).toHaveLength(32);
  });
});
