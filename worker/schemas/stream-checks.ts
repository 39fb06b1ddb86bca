/** What the parts of a stream's request demand of each other. */
import { FIRST_HLS_VERSION_WITH_RENDITIONS } from "../../encoder/contract/stream.ts";
import type { HttpstreamRequest } from "../domain/job-spec.ts";
import { packageClaims, packagesCollide } from "../domain/package-claim.ts";
import type { OutputContext } from "./output-context.ts";
import { refusePicture } from "./picture-request.ts";
import type { Fields } from "./request-fields.ts";
import { refuseForTransport } from "./stream-variants.ts";

const CODE = "output_param_not_valid";

export type ParsedStream = Omit<HttpstreamRequest, "type">;

/** Reports everything that would be accepted and then have no effect, or could not be played. */
export function checkStream(
  stream: ParsedStream,
  variantsField: string,
  fields: Fields,
  context: OutputContext,
): void {
  const { hls, variants } = stream;
  if (hls !== null) {
    refuseForTransport({ variants, field: variantsField }, context);
    refuseTracksOfVersion3(stream, hls.version, context);
  }
  refuseWithoutTracks(stream, fields, context);
  refuseOverlap(stream, context);
}

function refuseTracksOfVersion3(
  { audioTracks, subtitles }: ParsedStream,
  version: number,
  { field, problems }: OutputContext,
): void {
  if (version >= FIRST_HLS_VERSION_WITH_RENDITIONS) {
    return;
  }
  const advice = `Write "version": ${FIRST_HLS_VERSION_WITH_RENDITIONS} in hls, or use "dash": {"path": "/dash", "hlsfmp4": true} instead of hls.`;
  if (audioTracks === "all" || (audioTracks !== "default" && audioTracks.length > 1)) {
    const rule = "asks for several sounds, which HLS version 3 cannot offer";
    problems.add(CODE, { field: `${field}.audio_tracks`, rule, advice });
  }
  if (subtitles.tracks !== "none" || subtitles.files.length > 0) {
    const rule = "asks for subtitles, which HLS version 3 cannot offer";
    problems.add(CODE, { field: `${field}.subtitles`, rule, advice });
  }
}

function refuseWithoutTracks(
  { variants, audioTracks }: ParsedStream,
  fields: Fields,
  context: OutputContext,
): void {
  if (variants.every(({ video }) => video === null)) {
    refusePicture(
      fields,
      { rule: "has no effect on a stream without video", advice: "Remove it, or add a variant with video." },
      context,
    );
  }
  if (audioTracks !== "default" && variants.every(({ audio }) => audio === null)) {
    context.problems.add(CODE, {
      field: `${context.field}.audio_tracks`,
      rule: "has no effect on a stream without sound",
      advice: "Remove it, or add a variant with sound.",
    });
  }
}

function refuseOverlap(stream: ParsedStream, { field, storagePath, problems }: OutputContext): void {
  const [hls, dash] = packageClaims(stream, storagePath);
  if (hls !== undefined && dash !== undefined && packagesCollide(hls, dash)) {
    problems.add("output_path_not_valid", {
      field: `${field}.dash.path`,
      value: stream.dash?.path,
      rule: "leads to files that hls.path leads to as well",
      advice: "Give each package a folder of its own, such as /hls and /dash.",
    });
  }
}
