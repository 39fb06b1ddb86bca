import { describe, expect, it } from "vitest";
import { childEnvironment } from "../../../../worker/cli/child-environment.ts";

describe("childEnvironment", () => {
  it("keeps the surroundings and replaces everything that configures Copra", () => {
    const surroundings = {
      PATH: "/bin",
      PORT: "80",
      PUBLIC_URL: "https://x",
      ENCODER_TOKEN: "old",
      COPRA_DEV_KEY: "k",
    };
    expect(childEnvironment(surroundings, { PORT: "9000", ENCODER_TOKEN: "new" })).toEqual({
      PATH: "/bin",
      PORT: "9000",
      ENCODER_TOKEN: "new",
    });
    expect(surroundings.PORT).toBe("80");
  });
});
