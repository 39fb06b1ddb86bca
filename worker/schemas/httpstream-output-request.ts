/** Parameters of an `httpstream` output: what is encoded, and how it is packaged. */
import { z } from "zod";
import type { HttpstreamRequest } from "../domain/job-spec.ts";
import { objectKey } from "../domain/object-location.ts";
import { longestFilled } from "../domain/path-template.ts";
import { parseDash } from "./dash-request.ts";
import { parseHls } from "./hls-request.ts";
import type { OutputContext } from "./output-context.ts";
import { parsePath } from "./output-path.ts";
import { parsePicture } from "./picture-request.ts";
import { parseFields, type Fields } from "./request-fields.ts";
import { parseSpan } from "./span-request.ts";
import { checkStream } from "./stream-checks.ts";
import { readPackage, type Given, type PackageFields, type PackageName } from "./stream-package.ts";
import { parseAudioTracks, parseSubtitles } from "./stream-tracks.ts";
import { readVariants } from "./stream-variants.ts";

/** What a package adds to its folder: `/text/` with the longest language, or `/video/avc1/12/seg-…`. */
const PACKAGE_BYTES = 120;

const CODE = "output_param_not_valid";

const nameSchema = z.object({
  playlist_name: z
    .string({ error: "must be a string" })
    .regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}$/, "must be a file name of letters, digits, _, - and .")
    .regex(/^(?!.*\.(m3u8|mpd)$)/i, "must be given without its extension")
    .default("master"),
});

type Read = Record<PackageName, PackageFields | null | undefined>;
type Packages = Pick<HttpstreamRequest, "path" | "hls" | "dash">;

/** Null after a problem: `output_{param,path,variants}_not_valid`. */
export function parseHttpstreamOutput(fields: Fields, context: OutputContext): HttpstreamRequest | null {
  const { field, problems } = context;
  const before = problems.count();
  const read: Read = {
    hls: readPackage("hls", fields, context),
    dash: readPackage("dash", fields, context),
  };
  const name = parseFields(nameSchema, fields, { field, code: CODE }, problems);
  const packages = parsePackages(read, fields, context);
  const ladder = readVariants(variantPlaces(read, fields, field), context);
  const picture = parsePicture(fields, context);
  const span = parseSpan(fields, context);
  const audioTracks = parseAudioTracks(fields["audio_tracks"], context);
  const subtitles = parseSubtitles(fields["subtitles"], context);
  if (name === null || packages === null || ladder === null || picture === null) {
    return null;
  }
  if (span === null || audioTracks === null || subtitles === null) {
    return null;
  }
  const { variants } = ladder;
  const playlistName = name.playlist_name;
  const stream = { ...packages, playlistName, variants, picture, ...span, audioTracks, subtitles };
  checkStream(stream, ladder.field, fields, context);
  return problems.count() > before ? null : { type: "httpstream", ...stream };
}

/** At least one of the two. Null after a problem. */
function parsePackages({ hls, dash }: Read, fields: Fields, context: OutputContext): Packages | null {
  const { field, problems, storagePath } = context;
  if (hls === null && dash === null) {
    const advice = 'Give "hls": {"path": "/hls"}, "dash": {"path": "/dash"} or both.';
    problems.add(CODE, { field, rule: "has neither hls nor dash", advice });
  }
  const room = { problems, storagePath, reservedBytes: PACKAGE_BYTES };
  const path = parsePath(fields["path"] ?? "/", `${field}.path`, room);
  const prefix = objectKey(storagePath, longestFilled(path ?? "/"));
  const parsed = {
    hls: hls && placed(hls, parseHls(hls, context), { ...room, storagePath: prefix }),
    dash: dash && placed(dash, parseDash(dash, context), { ...room, storagePath: prefix }),
  };
  const isWhole = (hls === null || parsed.hls !== null) && (dash === null || parsed.dash !== null);
  return path === null || !isWhole || (hls === null && dash === null)
    ? null
    : { path, hls: parsed.hls ?? null, dash: parsed.dash ?? null };
}

/** The package with its path; null after a problem. */
function placed<Package>(
  { field, fields }: PackageFields,
  parsed: Package | null,
  room: Parameters<typeof parsePath>[2],
): (Package & { path: string }) | null {
  const path = parsePath(fields["path"], `${field}.path`, room);
  return path === null || parsed === null ? null : { path, ...parsed };
}

function variantPlaces({ hls, dash }: Read, fields: Fields, field: string): Given[] {
  return [
    { value: fields["variants"], field: `${field}.variants` },
    { value: hls?.fields["variants"], field: `${field}.hls.variants` },
    { value: dash?.fields["variants"], field: `${field}.dash.variants` },
  ];
}
