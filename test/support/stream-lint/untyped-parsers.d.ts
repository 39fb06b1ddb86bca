/** The parts that tests use of parsers that bring no types. */

declare module "m3u8-parser" {
  type Size = { width: number; height: number };
  export class Parser {
    manifest: {
      playlists?: {
        uri: string;
        attributes: { BANDWIDTH: number; CODECS?: string; RESOLUTION?: Size };
      }[];
      segments: { uri: string; duration: number }[];
      targetDuration: number;
      discontinuityStarts: number[];
    };
    push(text: string): void;
    end(): void;
  }
}

declare module "mpd-parser" {
  type Playlist = {
    attributes: { CODECS?: string; BANDWIDTH?: number };
    segments: { resolvedUri: string; duration: number; map?: { resolvedUri: string } }[];
  };
  export function parse(
    text: string,
    options: { manifestUri: string },
  ): {
    duration: number;
    playlists: Playlist[];
    mediaGroups: { AUDIO: Record<string, Record<string, { playlists: Playlist[] }>> };
  };
}

declare module "mux.js/cjs/mp4/probe.js" {
  const probe: {
    tracks: (init: Uint8Array) => { id: number; timescale: number; codec: string }[];
    timescale: (init: Uint8Array) => Record<number, number>;
    startTime: (timescales: Record<number, number>, fragment: Uint8Array) => number;
  };
  export default probe;
}

declare module "mux.js/cjs/tools/ts-inspector.js" {
  type Unit = { ptsTime: number; dtsTime: number };
  const inspector: { inspect: (bytes: Uint8Array) => { video?: Unit[]; audio?: Unit[] } | null };
  export default inspector;
}
