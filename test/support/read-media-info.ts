/** A file as MediaInfo sees it, which shares no code with FFmpeg. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";

const execute = promisify(execFile);

/** MediaInfo's own field names, such as `Format_Level`; every value is text. */
export type MediaInfoTrack = Readonly<Record<string, string | undefined>>;

type Printed = { media: { track: ({ "@type": string } & Record<string, string>)[] } | null };

/**
 * The tracks of a file by their kind; of several of one kind, the first.
 *
 * @throws Error with the command that installs MediaInfo when it is not there
 */
export async function readMediaInfo(
  path: string,
): Promise<{ general: MediaInfoTrack; video: MediaInfoTrack | null; audio: MediaInfoTrack | null }> {
  const { stdout } = await execute("mediainfo", ["--Output=JSON", path]).catch((error: unknown) => {
    throw isMissing(error)
      ? new Error(
          "MediaInfo is not installed: run `apt-get install --no-install-recommends mediainfo` as root.",
        )
      : error;
  });
  const printed: Printed = JSON.parse(stdout);
  const tracks = printed.media?.track ?? [];
  const first = (type: string) => tracks.find((track) => track["@type"] === type) ?? null;
  return { general: first("General") ?? {}, video: first("Video"), audio: first("Audio") };
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
