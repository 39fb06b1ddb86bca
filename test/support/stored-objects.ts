/** What the service's own bucket and job list hold, read by Miniflare from the state of a service that has stopped. */
import { Miniflare } from "miniflare";
import type { StatePaths } from "../../worker/cli/dev-state.ts";

export type StoredState = {
  /** Keys of every object, sorted. */
  objectKeys: string[];
  /** Every job of the list, and whether the list counts it as open. */
  jobs: { id: string; status: string; isOpen: boolean }[];
};

const MOST_OBJECTS = 1000;

/** Reads the state; nothing else may run on it. */
export async function readStoredState(paths: StatePaths): Promise<StoredState> {
  const miniflare = new Miniflare({
    // wrangler keeps one folder per version of its layout.
    resourcePersistencePath: `${paths.persistDir}/v3`,
    workers: [
      {
        config: {
          name: "reader",
          compatibilityDate: "2026-10-15",
          manifest: {
            mainModule: "reader.mjs",
            modulesRoot: "/",
            modules: { "reader.mjs": { type: "esm", contents: "export default {}" } },
          },
          // Bucket and database as wrangler.toml names them.
          env: {
            MEDIA: { type: "r2", name: "copra-media" },
            DB: { type: "d1", id: "00000000-0000-0000-0000-000000000000" },
          },
        },
      },
    ],
  });
  try {
    const bucket = await miniflare.getR2Bucket("MEDIA");
    const { objects, truncated } = await bucket.list({ limit: MOST_OBJECTS });
    if (truncated) {
      throw new Error("more objects than one listing holds");
    }
    const database = await miniflare.getD1Database("DB");
    const { results } = await database
      .prepare("SELECT id, status, open FROM jobs")
      .all<{ id: string; status: string; open: number }>();
    return {
      objectKeys: objects.map(({ key }) => key).toSorted(),
      jobs: results.map(({ id, status, open }) => ({ id, status, isOpen: open === 1 })),
    };
  } finally {
    await miniflare.dispose();
  }
}
