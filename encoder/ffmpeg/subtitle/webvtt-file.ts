/**
 * Cues -> a WebVTT file.
 * @see https://www.w3.org/TR/webvtt1/#syntax
 */
import { TRANSPORT_OFFSET_SECONDS, TRANSPORT_TICKS_PER_SECOND } from "../../contract/stream.ts";
import type { Cue } from "./cut-cues.ts";

/** RFC 8216 §3.5: which time of the transport stream is the file's zero. Must stand in the header's own block. */
const TIMESTAMP_MAP = `X-TIMESTAMP-MAP=MPEGTS:${TRANSPORT_TICKS_PER_SECOND * TRANSPORT_OFFSET_SECONDS},LOCAL:00:00:00.000`;

/** `isTransport`: to be shown with a transport stream, whose times start later than the cues' clock. */
export function webvttFile(cues: readonly Cue[], { isTransport }: { isTransport: boolean }): string {
  const header = isTransport ? `WEBVTT\n${TIMESTAMP_MAP}\n` : "WEBVTT\n";
  return [header, ...cues.map(cueBlock)].join("\n");
}

function cueBlock({ startMs, endMs, settings, text }: Cue): string {
  const timing = `${clock(startMs)} --> ${clock(endMs)}`;
  return `${settings === "" ? timing : `${timing} ${settings}`}\n${text}\n`;
}

/** `01:02:03.004`; hours have two digits or more. */
function clock(atMs: number): string {
  const seconds = Math.floor(atMs / 1_000);
  const fields = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60, seconds % 60];
  return `${fields.map((field) => String(field).padStart(2, "0")).join(":")}.${String(atMs % 1_000).padStart(3, "0")}`;
}
