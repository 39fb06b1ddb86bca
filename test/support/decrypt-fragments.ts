/** Undoes common encryption of a fragmented MP4 with Shaka Packager. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { locatePackager } from "../../encoder/run/locate-packager.ts";

const execute = promisify(execFile);

/** Writes a clear copy beside the file and gives its path. Key and key id are 32 hex digits. */
export async function decryptFragments(
  path: string,
  stream: "video" | "audio",
  { key, keyId }: { key: string; keyId: string },
): Promise<string> {
  const output = `${path}.clear.mp4`;
  await execute(locatePackager(), [
    ...[`in=${path},stream=${stream},output=${output}`, "--quiet", "--enable_raw_key_decryption"],
    ...["--keys", `label=:key_id=${keyId}:key=${key}`],
  ]);
  return output;
}
