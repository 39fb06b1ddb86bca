/** From the ledger to the ladder that manifests are written from: all that was published of a stream. */
import { CHANNEL_LAYOUTS } from "../../../encoder/contract/formats.ts";
import type {
  Ladder,
  LadderPicture,
  LadderSound,
  PlacedTrack,
  PublishedTrack,
} from "../../../encoder/contract/stream.ts";
import type { KeptPublication, TaskRecord } from "../job-record.ts";
import type { Stream, StreamPicture, StreamSound } from "../stream-record.ts";
import { joinTracks, type KeptTrack } from "./kept-track.ts";

type PackageName = "transport" | "fragments";

/** Sound segments end a little before or after the pictures beside them. */
const SOUND_SLACK_SECONDS = 1;

/**
 * @param packageId the task that writes the manifests, which the segments were cut for.
 * @param stretchCount only so many stretches from the beginning; null takes all.
 */
export function buildLadder(
  tasks: readonly TaskRecord[],
  packageId: string,
  stream: Stream,
  stretchCount: number | null,
): Ladder {
  const published = publicationsOf(tasks, packageId, stretchCount);
  const pictures = stream.pictures.map((picture, place) =>
    ladderPicture(picture, published.pictures[place] ?? []),
  );
  const pictureSeconds = endOf(pictures);
  const limitSeconds = stretchCount === null ? null : pictureSeconds;
  const sounds = stream.sounds.map((sound, place) =>
    ladderSound(sound, published.sounds[place], limitSeconds),
  );
  return {
    durationSeconds: pictureSeconds > 0 ? pictureSeconds : endOf(sounds),
    pictures,
    sounds,
    // Text is whole from the beginning, but its playlists are as long as the stream.
    subtitles: stretchCount === null ? stream.subtitles.map(({ from: _from, ...subtitle }) => subtitle) : [],
  };
}

/** What was published: of every picture its stretches in order, of every sound the whole. */
function publicationsOf(
  tasks: readonly TaskRecord[],
  packageId: string,
  stretchCount: number | null,
): { pictures: KeptPublication[][]; sounds: (KeptPublication | undefined)[] } {
  const pictures: KeptPublication[][] = [];
  const sounds: KeptPublication[] = [];
  for (const { taskId, work, result } of tasks) {
    const isOwn = "packageId" in work && work.packageId === packageId;
    if (isOwn && work.kind === "segment" && (stretchCount === null || work.index < stretchCount)) {
      if (result?.kind !== "segment") {
        throw new TypeError(`Task ${taskId} has published nothing yet.`);
      }
      for (const [place, picture] of work.pictures.entries()) {
        const publication = result.pictures[place];
        pictures[picture] = [
          ...(pictures[picture] ?? []),
          ...(publication === undefined ? [] : [publication]),
        ];
      }
    }
    if (isOwn && work.kind === "segment-sound" && result?.kind === "segment-sound") {
      sounds[work.sound] = result;
    }
  }
  return { pictures, sounds };
}

function ladderPicture(
  { video, frameRate, sound, folders }: StreamPicture,
  stretches: readonly KeptPublication[],
): LadderPicture {
  const { frame } = video.picture;
  const placed = (name: PackageName) =>
    placedTrack(
      folders[name],
      stretches.flatMap((stretch) => stretch[name] ?? []),
    );
  return {
    widthPx: frame.widthPx,
    heightPx: frame.heightPx,
    frameRate,
    sound,
    transport: placed("transport"),
    fragments: placed("fragments"),
  };
}

function ladderSound(
  { audio, folders, ...label }: StreamSound,
  publication: KeptPublication | undefined,
  limitSeconds: number | null,
): LadderSound {
  const placed = (name: PackageName) => {
    const track = publication?.[name] ?? null;
    const whole = placedTrack(folders[name], track === null ? [] : [track]);
    return whole === null || limitSeconds === null ? whole : { ...whole, ...upTo(whole, limitSeconds) };
  };
  return {
    ...label,
    channels: CHANNEL_LAYOUTS[audio.layout],
    sampleRateHz: audio.sampleRateHz,
    transport: placed("transport"),
    fragments: placed("fragments"),
  };
}

function placedTrack(folder: string | null, stretches: readonly KeptTrack[]): PlacedTrack | null {
  const track = joinTracks(stretches);
  return folder === null || track === null ? null : { ...track, folder };
}

/** The segments that go with pictures that end here. */
function upTo(
  { segments, ticksPerSecond, startTicks }: PublishedTrack,
  seconds: number,
): Pick<PublishedTrack, "segments"> {
  const limitTicks = (seconds + SOUND_SLACK_SECONDS) * ticksPerSecond;
  let ticks = startTicks;
  return {
    segments: segments.filter(({ durationTicks }) => {
      ticks += durationTicks;
      return ticks <= limitTicks;
    }),
  };
}

/** When the last of the tracks ends, in seconds. */
function endOf(tracks: readonly { transport: PlacedTrack | null; fragments: PlacedTrack | null }[]): number {
  const ends = tracks
    .flatMap(({ transport, fragments }) => [transport, fragments].filter((track) => track !== null))
    .map(
      ({ segments, startTicks, ticksPerSecond }) =>
        segments.reduce((ticks, { durationTicks }) => ticks + durationTicks, startTicks) / ticksPerSecond,
    );
  return Math.max(0, ...ends);
}
