/**
 * Reading of animated WebP files, which FFmpeg itself cannot decode: frames are cut out of the container, decoded one
 * by one and laid over each other.
 * @see https://developers.google.com/speed/webp/docs/riff_container
 */
import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { locateFfmpeg } from "../../encoder/run/locate-ffmpeg.ts";
import { makeClip } from "./make-clip.ts";

const execute = promisify(execFile);
const tools = await locateFfmpeg();

type Chunk = { name: string; body: Buffer };

export type WebpAnimation = {
  widthPx: number;
  heightPx: number;
  /** 0 repeats for ever. */
  loopCount: number;
  /** RGBA of the whole canvas. */
  frames: { durationMs: number; rgba: Buffer }[];
};

export async function readWebpAnimation(file: Buffer): Promise<WebpAnimation> {
  const [riff] = readChunks(file);
  if (riff?.name !== "RIFF" || riff.body.toString("latin1", 0, 4) !== "WEBP") {
    throw new Error("not a WebP file");
  }
  const chunks = readChunks(riff.body.subarray(4));
  const header = chunks.find(({ name }) => name === "VP8X")?.body;
  const animation = chunks.find(({ name }) => name === "ANIM")?.body;
  if (!header || !animation) {
    throw new Error("not an animation");
  }
  const [widthPx, heightPx] = [1 + header.readUIntLE(4, 3), 1 + header.readUIntLE(7, 3)];
  const canvas = Buffer.alloc(widthPx * heightPx * 4);
  const frames: WebpAnimation["frames"] = [];
  for (const { body } of chunks.filter(({ name }) => name === "ANMF")) {
    const area = await layFrame(body, canvas, widthPx);
    frames.push({ durationMs: body.readUIntLE(12, 3), rgba: Buffer.from(canvas) });
    if (((body[15] ?? 0) & 1) === 1) {
      clear(canvas, area, widthPx);
    }
  }
  return { widthPx, heightPx, loopCount: animation.readUInt16LE(4), frames };
}

/** Writes the frames as a lossless clip whose frames all last equally long, and returns its path. */
export async function webpFramesAsClip(
  { widthPx, heightPx, frames }: WebpAnimation,
  directory: string,
): Promise<string> {
  const raw = join(directory, "frames.rgba");
  await writeFile(raw, Buffer.concat(frames.map(({ rgba }) => rgba)));
  const size = `${widthPx}x${heightPx}`;
  const input = ["-f", "rawvideo", "-pix_fmt", "rgba", "-s", size, "-r", "10", "-i", raw];
  return makeClip(directory, "frames.mkv", [...input, "-c:v", "ffv1"]);
}

type Area = { x: number; y: number; width: number; height: number };

async function layFrame(body: Buffer, canvas: Buffer, canvasWidth: number): Promise<Area> {
  const area = {
    x: 2 * body.readUIntLE(0, 3),
    y: 2 * body.readUIntLE(3, 3),
    width: 1 + body.readUIntLE(6, 3),
    height: 1 + body.readUIntLE(9, 3),
  };
  const replaces = ((body[15] ?? 0) & 2) === 2;
  const pixels = await decodeStill(stillOf(body.subarray(16), area));
  for (let row = 0; row < area.height; row++) {
    for (let column = 0; column < area.width; column++) {
      const from = 4 * (row * area.width + column);
      const to = 4 * ((area.y + row) * canvasWidth + area.x + column);
      // Encoders write whole pixels or none here.
      if (replaces || (pixels[from + 3] ?? 0) > 127) {
        pixels.copy(canvas, to, from, from + 4);
      }
    }
  }
  return area;
}

function clear(canvas: Buffer, { x, y, width, height }: Area, canvasWidth: number): void {
  for (let row = y; row < y + height; row++) {
    canvas.fill(0, 4 * (row * canvasWidth + x), 4 * (row * canvasWidth + x + width));
  }
}

/** The frame as a file of its own. */
function stillOf(frame: Buffer, { width, height }: Area): Buffer {
  const header = Buffer.alloc(10);
  header[0] = 0x10;
  header.writeUIntLE(width - 1, 4, 3);
  header.writeUIntLE(height - 1, 7, 3);
  const hasAlphaChunk = readChunks(frame).some(({ name }) => name === "ALPH");
  const chunks = [...(hasAlphaChunk ? [chunk("VP8X", header)] : []), frame];
  return chunk("RIFF", Buffer.concat([Buffer.from("WEBP"), ...chunks]));
}

async function decodeStill(webp: Buffer): Promise<Buffer> {
  const args = ["-v", "error", "-f", "webp_pipe", "-i", "-", "-pix_fmt", "rgba", "-f", "rawvideo", "-"];
  const run = execute(tools.ffmpegPath, args, { encoding: "buffer", maxBuffer: 64 * 1024 * 1024 });
  run.child.stdin?.end(webp);
  return (await run).stdout;
}

function chunk(name: string, body: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.write(name, "latin1");
  head.writeUInt32LE(body.length, 4);
  return Buffer.concat([head, body, Buffer.alloc(body.length % 2)]);
}

function readChunks(bytes: Buffer): Chunk[] {
  const chunks: Chunk[] = [];
  for (let at = 0; at + 8 <= bytes.length;) {
    const length = bytes.readUInt32LE(at + 4);
    chunks.push({
      name: bytes.toString("latin1", at, at + 4),
      body: bytes.subarray(at + 8, at + 8 + length),
    });
    at += 8 + length + (length % 2);
  }
  return chunks;
}
