/** Puts the values of this source into the `{{ variables }}` of an output's paths, and checks what comes out. */
import type { Failure } from "../../../encoder/contract/failure-catalogue.ts";
import type { Variables } from "../condition/condition.ts";
import type { OutputRequest } from "../job-spec.ts";
import { MAX_KEY_BYTES, pathProblem, utf8Length } from "../object-path.ts";
import { fillPath, hasVariables } from "../path-template.ts";
import { countSequences } from "./image-sequence.ts";
import type { Resolved } from "./resolved.ts";

/** The request with paths that hold no variables any more. */
export function fillPaths(
  request: OutputRequest,
  variables: Variables,
): Resolved<{ request: OutputRequest }> {
  const path = filled(request.path, variables);
  if (!path.ok) {
    return path;
  }
  if (request.type !== "httpstream") {
    return { ok: true, request: { ...request, path: path.text } };
  }
  const hls = filledFolder(request.hls, variables);
  if (!hls.ok) {
    return hls;
  }
  const dash = filledFolder(request.dash, variables);
  return dash.ok
    ? { ok: true, request: { ...request, path: path.text, hls: hls.place, dash: dash.place } }
    : dash;
}

/** Of a package; null when it is not asked for. */
function filledFolder<Place extends { path: string }>(
  place: Place | null,
  variables: Variables,
): Resolved<{ place: Place | null }> {
  if (place === null) {
    return { ok: true, place };
  }
  const folder = filled(place.path, variables);
  return folder.ok ? { ok: true, place: { ...place, path: folder.text } } : folder;
}

/** Why these keys cannot be stored; null when they can. */
export function keysFailure(keys: readonly string[]): Failure | null {
  return keys.some((key) => utf8Length(key) > MAX_KEY_BYTES)
    ? unusable(`is longer than ${MAX_KEY_BYTES} bytes`)
    : null;
}

function filled(template: string, variables: Variables): Resolved<{ text: string }> {
  if (!hasVariables(template)) {
    return { ok: true, text: template };
  }
  const text = fillPath(template, variables);
  const problem = problemOf(text, template);
  return problem === null ? { ok: true, text } : { ok: false, failure: unusable(problem) };
}

function problemOf(text: string, template: string): string | null {
  if (text.endsWith("/") && !template.endsWith("/")) {
    return "names no file";
  }
  // What a value brings along is no sequence that anybody asked for.
  return countSequences(text) === countSequences(template)
    ? pathProblem(text)
    : "has a number sequence in the value of a variable";
}

const unusable = (limit: string): Failure => ({ code: "output_path_unusable", limit });
