/** From what a customer asked of pictures to what an encoder makes, once the source is known. */
import type { Colour, MediaInfo, VideoInfo } from "../../../encoder/contract/media-info.ts";
import type { AnimationSpec, ImageSpec, PictureSpec } from "../../../encoder/contract/output-spec.ts";
import type {
  AnimationRequest,
  ImageRequest,
  PictureRequest,
  Resolution,
  StillsRequest,
} from "../job-spec.ts";
import { MAX_GIF_WIDTH_PX } from "../format/output-presets.ts";
import { frameSize } from "./frame-size.ts";
import { numberedPath } from "./image-sequence.ts";
import { imageTimes } from "./image-times.ts";
import { outputColour } from "./output-colour.ts";
import { resolvePicture, type PictureOptions } from "./resolve-picture.ts";
import type { Resolved } from "./resolved.ts";
import { sceneExcerpts } from "./scene-excerpts.ts";
import { sizeProblem, spriteLayout } from "./sprite-layout.ts";
import { vttPath } from "./vtt-path.ts";

type ImageDemand =
  | { kind: "images"; image: ImageSpec; vttPath: string | null }
  | { kind: "animation"; animation: AnimationSpec };

type Demand = Resolved<{ demand: ImageDemand; paths: string[] }>;
type Stills = Extract<ImageRequest, StillsRequest>;
type Animation = Extract<ImageRequest, AnimationRequest>;

/** Of moving pictures: enough for a preview, and a delay that GIF can say exactly, in hundredths of a second. */
const ANIMATION_FRAME_RATE = { num: 10, den: 1 };

/** The pictures of an image output, and its paths in the order of its files; the WebVTT file is not among them. */
export function resolveImage(request: ImageRequest, media: MediaInfo): Demand {
  if (media.video === null) {
    return { ok: false, failure: { code: "input_has_no_video" } };
  }
  return isAnimation(request)
    ? resolveAnimation(request, media.video, media.durationSeconds)
    : resolveStills(request, media.video, media.durationSeconds);
}

function isAnimation(request: ImageRequest): request is Animation {
  return request.container === "gif" || request.container === "webp_anim";
}

function resolveStills(request: Stills, source: VideoInfo, durationSeconds: number | null): Demand {
  const times = imageTimes(request.sampling, durationSeconds);
  if (!times.ok) {
    return times;
  }
  const { container: format } = request;
  const picture = imagePicture(request, source, request.resolution);
  const tooLarge = sizeProblem(picture.frame, format);
  if (tooLarge !== null) {
    return { ok: false, failure: { code: "image_too_large", limit: tooLarge } };
  }
  const count = times.seconds.length;
  const layout =
    request.sprite === null
      ? { ok: true as const, sprite: null, fileCount: count }
      : spriteLayout(request.sprite, count, picture.frame, format);
  if (!layout.ok) {
    return layout;
  }
  const image: ImageSpec = {
    format,
    sourceStreamIndex: source.streamIndex,
    picture,
    atSeconds: times.seconds,
    sprite: layout.sprite,
  };
  const vtt = request.vtt === null ? null : vttPath(request.path, request.vtt.filename);
  return {
    ok: true,
    demand: { kind: "images", image, vttPath: vtt },
    paths: Array.from({ length: layout.fileCount }, (_, index) => numberedPath(request.path, index + 1)),
  };
}

function resolveAnimation(request: Animation, source: VideoInfo, durationSeconds: number | null): Demand {
  const { num, den } = ANIMATION_FRAME_RATE;
  const scene = sceneExcerpts(request.scene, durationSeconds, den / num);
  if (!scene.ok) {
    return scene;
  }
  const format = request.container === "gif" ? "gif" : "webp";
  const picture = animationPicture(request, source);
  const tooLarge = sizeProblem(picture.frame, format);
  if (tooLarge !== null) {
    return { ok: false, failure: { code: "image_too_large", limit: tooLarge } };
  }
  const animation: AnimationSpec = {
    format,
    sourceStreamIndex: source.streamIndex,
    picture,
    frameRate: ANIMATION_FRAME_RATE,
    excerpts: scene.excerpts,
  };
  return { ok: true, demand: { kind: "animation", animation }, paths: [numberedPath(request.path, 1)] };
}

/** A width that follows from something else is kept to GIF's limit, and the height follows it. */
function animationPicture(request: Animation, source: VideoInfo): PictureSpec {
  const picture = imagePicture(request, source, request.resolution);
  return request.container === "gif" && picture.frame.widthPx > MAX_GIF_WIDTH_PX
    ? imagePicture(request, source, { widthPx: MAX_GIF_WIDTH_PX, heightPx: null })
    : picture;
}

function imagePicture(request: ImageRequest, source: VideoInfo, wanted: Resolution): PictureSpec {
  const { resolution, picture } = squared(request, source, wanted);
  const { fit, transpose } = picture;
  const frame = frameSize(source, resolution, { fit, transpose, isEven: false });
  const { blur, container } = request;
  return resolvePicture(picture, source, { frame, blur, ...pixels(container, source) });
}

function squared(
  { picture, isSquare }: ImageRequest,
  source: VideoInfo,
  { widthPx, heightPx }: Resolution,
): { resolution: Resolution; picture: PictureRequest } {
  if (!isSquare) {
    return { resolution: { widthPx, heightPx }, picture };
  }
  const sidePx = widthPx ?? heightPx ?? Math.min(source.displayWidthPx, source.displayHeightPx);
  return { resolution: { widthPx: sidePx, heightPx: sidePx }, picture: { ...picture, fit: "crop" } };
}

type Pixels = Pick<PictureOptions, "colour" | "pixelFormat">;

/**
 * JPEG files have the colours of BT.601 in full range and nowhere to say otherwise. The other formats are worked on as
 * RGB: WebP's own conversion to 4:2:0 keeps coloured edges better than FFmpeg's.
 */
function pixels(container: ImageRequest["container"], source: VideoInfo): Pixels {
  const colour = (matrix: Colour["matrix"]) => outputColour(source.colour, { matrix, range: "pc" });
  return container === "jpg"
    ? { colour: colour("bt601"), pixelFormat: "yuvj420p" }
    : { colour: colour("rgb"), pixelFormat: source.hasAlpha ? "rgba" : "rgb24" };
}
