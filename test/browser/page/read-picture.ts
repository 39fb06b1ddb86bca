/** The number that is painted in the picture on the screen; `test/browser/stream-clip.ts` paints it. */
import { NUMBER_BITS } from "../number-bits.ts";
import type { ShownPicture } from "../page-player.ts";
import type { Thumbnail } from "./adapter.ts";

const BLOCK_PX = 8;
const MICROSECONDS = 1_000_000;

const canvas = new OffscreenCanvas(NUMBER_BITS * BLOCK_PX, 4 * BLOCK_PX);
const context = canvas.getContext("2d", { willReadFrequently: true });

/** The picture that the element shows now, with the time that the picture itself has, not the element's clock. */
export function readPicture(video: HTMLVideoElement): ShownPicture {
  const frame = new VideoFrame(video);
  try {
    return {
      atSeconds: frame.timestamp / MICROSECONDS,
      number: readNumber(frame),
      widthPx: frame.displayWidth,
      heightPx: frame.displayHeight,
    };
  } finally {
    frame.close();
  }
}

/** The number in a picture of the element that was taken from outside of the page. */
export async function readImage(pngBase64: string): Promise<number> {
  return readBitmap(await createImageBitmap(new Blob([Uint8Array.fromBase64(pngBase64)])));
}

/** The number in a thumbnail. */
export async function readTile({ url, x, y, width, height }: Thumbnail): Promise<number> {
  const file = await (await fetch(url)).blob();
  return readBitmap(await createImageBitmap(file, x, y, width, height));
}

function readBitmap(image: ImageBitmap): number {
  try {
    return readNumber(image);
  } finally {
    image.close();
  }
}

function readNumber(image: CanvasImageSource): number {
  if (context === null) {
    throw new Error("The browser has no canvas.");
  }
  context.drawImage(image, 0, 0, canvas.width, canvas.height);
  // A quarter of the height down: the middle of the blocks.
  const row = context.getImageData(0, BLOCK_PX, canvas.width, 1).data;
  const bits = Array.from({ length: NUMBER_BITS }, (_, bit) => {
    const green = row[4 * (bit * BLOCK_PX + BLOCK_PX / 2) + 1] ?? 0;
    return green > 127 ? 2 ** bit : 0;
  });
  return bits.reduce((sum, value) => sum + value, 0);
}
