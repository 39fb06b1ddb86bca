/** Where the tracks of a stream lie in its packages: the folders of Bento4, whose packages Coconut delivers. */
import type { TrackFolders } from "../../../encoder/contract/stream.ts";
import type { Stream, StreamPicture, StreamSound } from "../stream-record.ts";
import { namesTracks, type ResolvedStream } from "./resolve-variants.ts";
import type { HttpstreamRequest } from "../job-spec.ts";

/** Sample entries by codec, as folders are called. */
const CODEC_FOLDERS = { h264: "avc1", hevc: "hvc1", av1: "av01" } as const;

/**
 * `media-<n>` in a transport stream: pictures in their order, sounds that are rungs, then those of other languages. Of
 * fragmented MP4 `video/<codec>/<n>`, `audio/<language>/mp4a.40.2/<n>`; `text/<language>-<n>` in both.
 */
export function placeTracks(
  { pictures, sounds, subtitles }: ResolvedStream,
  request: Pick<HttpstreamRequest, "hls" | "dash">,
): Pick<Stream, "pictures" | "sounds" | "subtitles"> {
  const { hls, dash } = request;
  const inTransport = hls === null ? () => null : counter(() => "media-");
  const numbered = counter((folder) => `${folder}/`);
  const inFragments = (folder: string) => (dash === null ? null : numbered(folder));
  const placedPictures = pictures.map((picture): StreamPicture => {
    const codec = streamCodec(picture.video.codec);
    const folders: TrackFolders = {
      transport: codec === "av1" ? null : inTransport(""),
      fragments: inFragments(`video/${CODEC_FOLDERS[codec]}`),
    };
    return { ...picture, folders };
  });
  const hasAlternates = hls !== null && namesTracks(hls);
  const isPlaced = ({ isRung, isAlternate, isDefault }: ResolvedStream["sounds"][number]) =>
    isRung || (hasAlternates && isAlternate && !isDefault);
  // Rungs first: the ladder's folders are numbered without a gap.
  const order = [...sounds].filter(isPlaced).toSorted((a, b) => Number(b.isRung) - Number(a.isRung));
  const transportFolders = new Map(order.map((sound) => [sound, inTransport("")]));
  const texts = counter((folder) => `${folder}-`);
  return {
    pictures: placedPictures,
    sounds: sounds.map((sound): StreamSound => ({
      ...sound,
      folders: {
        transport: transportFolders.get(sound) ?? null,
        fragments: inFragments(`audio/${sound.language ?? "und"}/mp4a.40.2`),
      },
    })),
    subtitles: subtitles.map((subtitle) => ({
      ...subtitle,
      folder: texts(`text/${subtitle.language ?? "und"}`),
    })),
  };
}

/** What streams are encoded with; variants of other codecs are refused. */
export function streamCodec(codec: string): keyof typeof CODEC_FOLDERS {
  if (codec !== "h264" && codec !== "hevc" && codec !== "av1") {
    throw new TypeError(`Streams have no ${codec}.`);
  }
  return codec;
}

/** Numbers of folders, from 1, counted apart for each name. */
function counter(prefixOf: (folder: string) => string): (folder: string) => string {
  const counts = new Map<string, number>();
  return (folder) => {
    const number = (counts.get(folder) ?? 0) + 1;
    counts.set(folder, number);
    return `${prefixOf(folder)}${number}`;
  };
}
