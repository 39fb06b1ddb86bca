/**
 * The entry of the encoder process, the same in a container and on a laptop. It loads little itself: FFmpeg is
 * looked for while the rest is being loaded, which halves the time until the encoder answers.
 */
import { enableCompileCache } from "node:module";
import path from "node:path";
import { locateFfmpeg } from "./run/locate-ffmpeg.ts";

// Stripping types and compiling some 500 modules takes longer than everything else together.
enableCompileCache(path.join(import.meta.dirname, "../node_modules/.cache/copra-encoder"));

const located = locateFfmpeg(process.env);
// startEncoder awaits it; until then a rejection must not count as unhandled.
located.catch(() => undefined);

try {
  const { startEncoder } = await import("./start-encoder.ts");
  await startEncoder(process.env, located);
} catch (error) {
  // What an operator has to repair is said in a sentence, without a stack.
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
