import { describe, expect, it } from "vitest";
import { statePaths } from "../../../../worker/cli/dev-state.ts";
import { wranglerArguments } from "../../../../worker/cli/worker-process.ts";

describe("wranglerArguments", () => {
  const args = wranglerArguments({
    port: 9_000,
    encoderUrls: ["http://127.0.0.1:1", "http://127.0.0.1:2"],
    paths: statePaths("/state"),
  });

  it("keeps everything on loopback and below the state directory", () => {
    expect(args.join(" ")).toContain("--ip 127.0.0.1 --port 9000 ");
    expect(args.join(" ")).toContain("--persist-to /state/state --env-file /state/secrets.env ");
  });

  it("names the encoders and the public URL, and does without Docker", () => {
    expect(args).toContain("ENCODER_URLS:http://127.0.0.1:1,http://127.0.0.1:2");
    expect(args).toContain("PUBLIC_URL:http://127.0.0.1:9000");
    expect(args).toContain("--enable-containers=false");
  });

  it("names no secret", () => {
    expect(args.join(" ")).not.toMatch(/COPRA_MASTER_KEY|ENCODER_TOKEN/);
  });
});
