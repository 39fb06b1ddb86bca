/** What customers could ask for in jobs of record schema 2, in the words of the present schema. */
import type { Rational } from "../../../encoder/contract/media-info.ts";
import type {
  ImageRequest,
  JobSpec,
  OutputRequest,
  PictureRequest,
  RenditionFormat,
  Resolution,
  StillsRequest,
  VideoRequest,
} from "../job-spec.ts";
import type { HttpstreamRequestV3, JobSpecV3, OutputRequestV3 } from "./version-3.ts";

export type RenditionFormatV2 = {
  container: "mp4";
  video: {
    codec: "h264";
    resolution: Resolution;
    frameRate: Rational | null;
    rate:
      | { mode: "bitrate"; bitrateBps: number; passes: 1 | 2 }
      | { mode: "quality"; quality: 1 | 2 | 3 | 4 | 5; maxrateBps: number | null };
  } | null;
  audio: { codec: "aac"; bitrateBps: number; sampleRateHz: number; channels: 1 | 2 } | null;
};

type OutputRequestV2 = Pick<OutputRequest, "key" | "format" | "condition"> &
  (
    | (Omit<VideoRequest, "rendition" | "picture"> & { rendition: RenditionFormatV2 })
    | {
        type: "image";
        container: "jpg" | "png";
        path: string;
        resolution: Resolution;
        sampling: StillsRequest["sampling"];
      }
    | (Omit<HttpstreamRequestV3, "variants"> & { variants: RenditionFormatV2[] })
  );

export type JobSpecV2 = Omit<JobSpec, "outputs"> & { outputs: OutputRequestV2[] };

/** Nothing was done to pictures but scaling. */
const PLAIN: PictureRequest = {
  fit: "pad",
  transpose: null,
  hflip: false,
  vflip: false,
  deinterlace: false,
  watermark: null,
};

export function specFromVersion2(spec: JobSpecV2): JobSpecV3 {
  return { ...spec, outputs: spec.outputs.map(outputFromVersion2) };
}

function outputFromVersion2(output: OutputRequestV2): OutputRequestV3 {
  switch (output.type) {
    case "video":
      return { ...output, rendition: formatFromVersion2(output.rendition), picture: PLAIN };
    case "httpstream":
      return { ...output, variants: output.variants.map(formatFromVersion2) };
    case "image": {
      const added = { picture: PLAIN, isSquare: false, blur: 0, sprite: null, vtt: null };
      return { ...output, ...added } satisfies ImageRequest & OutputRequest;
    }
  }
}

function formatFromVersion2({ video, ...rest }: RenditionFormatV2): RenditionFormat {
  return {
    ...rest,
    video: video === null ? null : { ...video, pixelFormat: "yuv420p", profile: null, level: null },
    isFragmented: false,
    keepsMetadata: true,
  };
}
