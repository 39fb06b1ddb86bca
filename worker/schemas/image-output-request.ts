/** Parameters of an image output: which moments, what is made of them, and a path that can name all of it. */
import { IMAGE_CONTAINERS, type ImageContainer } from "../../encoder/contract/formats.ts";
import { knownImageFileCount } from "../domain/known-image-file-count.ts";
import type { AnimationRequest, ImageRequest, Resolution, StillsRequest } from "../domain/job-spec.ts";
import { MAX_GIF_WIDTH_PX } from "../domain/format/output-presets.ts";
import { countSequences } from "../domain/plan/image-sequence.ts";
import { parseScene, parseStills, parseTreatment } from "./image-params.ts";
import type { OutputContext } from "./output-context.ts";
import { resolveImageFormat, type FormatName } from "./output-format.ts";
import { checkExtension, parsePath } from "./output-path.ts";
import { parsePicture } from "./picture-request.ts";
import type { Fields } from "./request-fields.ts";

/** Digits that a sequence can add to a path. */
const SEQUENCE_BYTES = 10;

/** Null after a problem: `output_{format,path,filename,param}_not_valid`. */
export function parseImageOutput(
  name: FormatName,
  container: ImageContainer,
  fields: Fields,
  context: OutputContext,
): (ImageRequest & { format: string }) | null {
  const { field, problems } = context;
  const resolved = resolveImageFormat(name, container, fields, context);
  if (container === "gif" && resolved !== null) {
    checkGifWidth(resolved.meaning, name, context);
  }
  const path = parsePath(fields["path"], `${field}.path`, { ...context, reservedBytes: SEQUENCE_BYTES });
  if (path !== null) {
    const { extensions } = IMAGE_CONTAINERS[container];
    checkExtension(path, `${field}.path`, container, extensions, problems);
  }
  const content = parseContent(container, fields, context);
  const treatment = parseTreatment(fields, context);
  const picture = parsePicture(fields, context);
  if (path !== null && content !== null) {
    checkSequence(path, content, context);
  }
  return resolved === null || path === null || content === null || treatment === null || picture === null
    ? null
    : {
        format: resolved.format,
        type: "image",
        path,
        resolution: resolved.meaning,
        picture,
        ...treatment,
        ...content,
      };
}

function parseContent(
  container: ImageContainer,
  fields: Fields,
  context: OutputContext,
): StillsRequest | AnimationRequest | null {
  if (container === "gif" || container === "webp_anim") {
    const scene = parseScene(fields["scene"], context);
    return scene && { container, scene };
  }
  const stills = parseStills(fields, context);
  return stills && { container, ...stills };
}

function checkGifWidth({ widthPx }: Resolution, name: FormatName, { problems }: OutputContext): void {
  if (widthPx !== null && widthPx > MAX_GIF_WIDTH_PX) {
    problems.add("output_format_not_valid", {
      field: `outputs.${name.text}`,
      rule: `has a width of ${widthPx} pixels, but a gif can be at most ${MAX_GIF_WIDTH_PX} wide`,
      advice: `Use gif:${MAX_GIF_WIDTH_PX}x, or webp_anim.`,
    });
  }
}

function checkSequence(
  path: string,
  content: StillsRequest | AnimationRequest,
  { field: output, problems }: OutputContext,
): void {
  const field = `${output}.path`;
  const sequences = countSequences(path);
  if (sequences > 1) {
    problems.add("output_path_not_valid", {
      field,
      value: path,
      rule: "has more than one number sequence",
      advice: "Keep one, such as %.2d.",
    });
  }
  if (sequences === 0 && knownImageFileCount(content) !== 1) {
    problems.add("output_path_not_valid", {
      field,
      value: path,
      rule: "names one file, but several images can result",
      advice: "Put a number sequence into the file name, such as thumb_%.2d.jpg.",
    });
  }
}
