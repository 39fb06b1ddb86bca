/** Which objects a stream writes: manifests by name, and the folders that its media may be in. */
import { manifestName, type PackageFormat } from "../../encoder/contract/stream.ts";
import type { HttpstreamRequest } from "./job-spec.ts";
import { objectKey } from "./object-location.ts";

export type PackageClaim = {
  /** Key prefix without a trailing slash; may be empty. */
  prefix: string;
  manifests: readonly string[];
  /** Folders below the prefix, whatever the number of a numbered one is. */
  media: readonly string[];
};

type Packaged = Pick<HttpstreamRequest, "path" | "playlistName" | "hls" | "dash" | "subtitles">;

/** Key prefix of a package whose `path` is below the output's, without a trailing slash. */
export function packagePrefix(storagePath: string, outputPath: string, path: string): string {
  return objectKey(objectKey(storagePath, outputPath), path).replace(/\/+$/, "");
}

/** One of each package. */
export function packageClaims(stream: Packaged, storagePath: string): PackageClaim[] {
  const { path, playlistName, hls, dash, subtitles } = stream;
  const prefix = (own: string) => packagePrefix(storagePath, path, own);
  const text = subtitles.tracks === "none" && subtitles.files.length === 0 ? [] : ["text"];
  const name = (format: PackageFormat) => manifestName(format, playlistName);
  return [
    ...(hls === null
      ? []
      : [{ prefix: prefix(hls.path), manifests: [name("hls")], media: ["media", "keys", ...text] }]),
    ...(dash === null
      ? []
      : [
          {
            prefix: prefix(dash.path),
            manifests: [name("dash"), ...(dash.hasHls ? [name("hlsfmp4")] : [])],
            media: ["video", "audio", ...text],
          },
        ]),
  ];
}

/** True when they would write one object, or one lies among the media of the other. */
export function packagesCollide(a: PackageClaim, b: PackageClaim): boolean {
  if (a.prefix === b.prefix) {
    return shareOne(a.manifests, b.manifests) || shareOne(a.media, b.media);
  }
  return isAmongMedia(a.prefix, b) || isAmongMedia(b.prefix, a);
}

/** True for the key of a manifest, and for any key in a folder of media. */
export function isInPackage(key: string, claim: PackageClaim): boolean {
  return claim.manifests.some((name) => key === below(claim.prefix, name)) || isAmongMedia(key, claim);
}

function isAmongMedia(key: string, { prefix, media }: PackageClaim): boolean {
  const start = below(prefix, "");
  const folder = key.startsWith(start) ? (key.slice(start.length).split("/")[0] ?? "") : "";
  return media.includes(folder.replace(/-\d+$/, ""));
}

const below = (prefix: string, name: string): string => (prefix === "" ? name : `${prefix}/${name}`);

function shareOne(a: readonly string[], b: readonly string[]): boolean {
  return a.some((name) => b.includes(name));
}
