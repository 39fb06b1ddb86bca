/**
 * What the quality ladder is measured on: three filmed clips out of a Debian package and one of scrolling
 * text, uncompressed. Nothing of it is in the repository.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { ffmpeg } from "./bench-clips.ts";

/** The only Debian package of reasonable size that has camera and film material in it. */
const PACKAGE = "opencv-doc";
const FILMED = { film: "Megamind.avi", street: "vtest.avi", hand: "box.mp4.gz" } as const;

/** Every Debian has it; FFmpeg's `tty` demuxer draws it with its own font. */
const PAGE = [
  ...["-max_pixels", "2560000", "-f", "tty", "-video_size", "640x4000", "-chars_per_frame", "100000"],
  ...["-i", "/usr/share/common-licenses/GPL-3"],
];

export type QualityClip = {
  name: string;
  path: string;
  /** Of all frames together. */
  pixels: number;
  /** The text counts in no mean: AV1's tools for screens set it some 20 dB above every other codec. */
  isFilmed: boolean;
};

type ClipRecipe = {
  name: string;
  widthPx: number;
  heightPx: number;
  fps: number;
  input: readonly string[];
  /** A filter that moves a still picture. */
  motion?: string;
};

/** Makes the clips that the directory lacks: `film`, `street`, `hand` and, last, the text of `screen`. */
export async function makeQualityClips(directory: string, seconds: number): Promise<QualityClip[]> {
  const path = fetchFilmed(directory);
  const recipes: ClipRecipe[] = [
    // Rendered film with cuts; its first two seconds are black.
    { name: "film", widthPx: 640, heightPx: 360, fps: 24, input: ["-ss", "2", "-i", path.film] },
    // A fixed camera on a street of walkers, at two and a half times its speed.
    { name: "street", widthPx: 640, heightPx: 480, fps: 25, input: ["-i", path.street] },
    // A thing moved about in front of a noisy camera.
    { name: "hand", widthPx: 640, heightPx: 480, fps: 30, input: ["-ss", "2", "-i", path.hand] },
    // A page of text that scrolls.
    {
      name: "screen",
      widthPx: 640,
      heightPx: 400,
      fps: 25,
      input: PAGE,
      motion: "loop=-1:1:0,crop=640:400:0:3*n",
    },
  ];
  return Promise.all(recipes.map((recipe) => makeClip(directory, recipe, seconds)));
}

async function makeClip(directory: string, recipe: ClipRecipe, seconds: number): Promise<QualityClip> {
  const { name, widthPx, heightPx, fps, input, motion = "null" } = recipe;
  const path = join(directory, `${name}-${seconds}s.y4m`);
  const frames = seconds * fps;
  if (!existsSync(path)) {
    const size = `${widthPx}:${heightPx}`;
    const fill = `scale=${size}:force_original_aspect_ratio=increase:flags=bicubic,crop=${size},setsar=1`;
    // Frames are counted, so that every clip has a constant rate and none is dropped or repeated.
    const filter = `${motion},${fill},settb=1/${fps},setpts=N`;
    await ffmpeg([
      ...[...input, "-an", "-vf", filter, "-r", String(fps), "-frames:v", String(frames)],
      ...["-pix_fmt", "yuv420p", path],
    ]);
  }
  return { name, path, pixels: widthPx * heightPx * frames, isFilmed: recipe.motion === undefined };
}

/** Paths of the filmed clips, out of the package as apt fetches it. Nothing is installed. */
function fetchFilmed(directory: string): Record<keyof typeof FILMED, string> {
  const films = join(directory, "films");
  if (!existsSync(films)) {
    mkdirSync(films);
    execFileSync("apt-get", ["download", "-qq", "-o", "APT::Sandbox::User=root", PACKAGE], {
      cwd: films,
      stdio: ["ignore", "ignore", "inherit"],
    });
    const archive = readdirSync(films).find((name) => name.endsWith(".deb")) ?? "";
    const wanted = Object.values(FILMED).map((name) => `*/${name}`);
    const tar = execFileSync("dpkg-deb", ["--fsys-tarfile", archive], { cwd: films, maxBuffer: 2 ** 30 });
    const strip = "--transform=s:.*/::";
    execFileSync("tar", ["x", strip, "--wildcards", ...wanted], { cwd: films, input: tar });
    const packed = join(films, FILMED.hand);
    writeFileSync(packed.replace(/\.gz$/, ""), gunzipSync(readFileSync(packed)));
  }
  const { film, street, hand } = FILMED;
  return {
    film: join(films, film),
    street: join(films, street),
    hand: join(films, hand.replace(/\.gz$/, "")),
  };
}
