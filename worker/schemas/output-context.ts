/** What the parsers of one output share. */
import type { UrlOptions } from "../domain/allowed-url.ts";
import type { Quirks } from "../domain/quirks.ts";
import type { Problems } from "./problems.ts";

/** The same for every output of a request. */
export type OutputsContext = {
  problems: Problems;
  options: UrlOptions;
  quirks: Quirks;
  /** Counts towards the length of keys. */
  storagePath: string;
  /** Grows: addresses of watermarks, each once. */
  watermarkUrls: string[];
  /** Grows: addresses of files with subtitles, each once. */
  subtitleUrls: string[];
  /** Grows: keys of encrypted packages, as `JobSecrets.streamKeys` has them. */
  streamKeys: string[][];
  /** So many random bytes in lower-case hexadecimal. */
  randomHex: (byteLength: number) => string;
};

/** `field` is the output's place in the request, such as `outputs.mp4:720p[1]`. */
export type OutputContext = OutputsContext & { field: string };
