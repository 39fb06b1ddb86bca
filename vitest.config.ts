import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";

/**
 * Six tiers, cheapest first; `test/README.md` says what each may touch. One after the other (`groupOrder`): FFmpeg at
 * full load beside it would make a test of timers slow.
 */
export default defineConfig({
  test: {
    // A machine-readable copy of the results, for whoever counts them.
    ...(process.env["TEST_REPORT"] && {
      reporters: ["default", ["json", { outputFile: process.env["TEST_REPORT"] }]],
    }),
    // What the service logs is shown for failed tests only.
    silent: "passed-only",
    projects: [
      { test: { name: "unit", include: ["test/unit/**/*.test.ts"], sequence: { groupOrder: 1 } } },
      {
        plugins: [
          cloudflareTest(async () => ({
            wrangler: { configPath: "./wrangler.toml" },
            miniflare: {
              bindings: {
                TEST_MIGRATIONS: await readD1Migrations(`${import.meta.dirname}/migrations`),
                COPRA_MASTER_KEY: "dGVzdC1tYXN0ZXIta2V5LXRlc3QtbWFzdGVyLWtleSE=",
                ALLOW_PRIVATE_NETWORK: "true",
                ENCODER_URLS: "http://encoder-0.test,http://encoder-1.test",
                ENCODER_TOKEN: "test-token",
              },
            },
          })),
        ],
        test: {
          name: "worker",
          sequence: { groupOrder: 2 },
          include: ["test/worker/**/*.test.ts"],
          setupFiles: ["./test/worker/setup.ts"],
          testTimeout: 20_000,
        },
      },
      {
        test: {
          name: "media",
          sequence: { groupOrder: 3 },
          include: ["test/media/**/*.test.ts"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: "e2e",
          sequence: { groupOrder: 4 },
          include: ["test/e2e/**/*.test.ts"],
          testTimeout: 180_000,
          hookTimeout: 60_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: "servers",
          sequence: { groupOrder: 5 },
          include: ["test/servers/**/*.test.ts"],
          testTimeout: 180_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: "browser",
          sequence: { groupOrder: 6 },
          include: ["test/browser/**/*.test.ts"],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
          // Playing takes its time whatever the machine; more than three small videos at once would be work.
          maxConcurrency: 3,
        },
      },
    ],
  },
});
