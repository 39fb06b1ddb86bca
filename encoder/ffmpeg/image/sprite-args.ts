/** Many small pictures side by side in one file. */
import type { ImageSpec, PictureSpec } from "../../contract/output-spec.ts";
import { FFMPEG_ARGS, fileUrl } from "../input-guards.ts";
import { ONE_FILE, pictureCodecArgs } from "./picture-codec-args.ts";
import { tileInput } from "./tile-input.ts";

type SpritePlan = {
  format: ImageSpec["format"];
  columns: number;
  /** Tiles of this file, a row at a time; the rest of the last row is black, or transparent where there is alpha. */
  tileCount: number;
  /** Name pattern of the tiles with one `%d`, in ffmpeg's working directory, and the number of this file's first. */
  tilePattern: string;
  firstTile: number;
  outputPath: string;
};

/** The picture of a tile: RGB, because tiles of 4:2:0 could only begin at even places. */
export function tilePicture(picture: PictureSpec): PictureSpec {
  const colour = { ...picture.colour, matrix: "rgb", range: "pc" } as const;
  return { ...picture, colour, pixelFormat: picture.pixelFormat === "rgba" ? "rgba" : "rgb24" };
}

/** One sprite file of tiles of equal size. */
export function spriteArgs(plan: SpritePlan): string[] {
  const rows = Math.ceil(plan.tileCount / plan.columns);
  const tile = `tile=layout=${plan.columns}x${rows}:nb_frames=${plan.tileCount}:color=black@0`;
  const colour =
    plan.format === "jpg"
      ? ["scale=flags=accurate_rnd+full_chroma_inp:out_range=pc:out_color_matrix=bt601", "format=yuvj420p"]
      : [];
  return [
    ...FFMPEG_ARGS,
    ...tileInput(plan.tilePattern, plan.firstTile),
    ...["-vf", [tile, ...colour].join(",")],
    ...pictureCodecArgs(plan.format),
    ...ONE_FILE,
    fileUrl(plan.outputPath),
  ];
}
