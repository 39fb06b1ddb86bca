/** Builders of ladders and packages, complete but for what a test is about. */
import type { ObjectStoreConfig } from "../../encoder/contract/object-store.ts";
import type {
  Ladder,
  LadderPicture,
  LadderSound,
  LadderSubtitle,
  Licenses,
  Packages,
  PlacedTrack,
} from "../../encoder/contract/stream.ts";

const NOWHERE: ObjectStoreConfig = {
  endpoint: "https://s3.example.com",
  region: "test-region",
  bucket: "test-bucket",
  addressing: "path",
  credentials: { accessKeyId: "AKTEST", secretAccessKey: "secret" },
  objectHeaders: {},
  network: "own",
};

/** Segments of these lengths in seconds at 90 kHz, each of 100 000 bytes. */
export function aTrack(
  folder: string,
  seconds: readonly number[] = [6, 6, 1],
  changes: Partial<PlacedTrack> = {},
): PlacedTrack {
  return {
    folder,
    ticksPerSecond: 90_000,
    startTicks: 0,
    segments: seconds.map((length, number) => ({
      number,
      durationTicks: Math.round(length * 90_000),
      sizeBytes: 100_000,
      keyframeBytes: 10_000,
    })),
    codecs: ["avc1.64001f"],
    ...changes,
  };
}

/** A sound of both packages; its segments have no keyframes. */
export function aLadderSound(folder: string, changes: Partial<LadderSound> = {}): LadderSound {
  const track = aTrack(folder, [6, 6, 1], { codecs: ["mp4a.40.2"] });
  const segments = track.segments.map((segment) => ({ ...segment, sizeBytes: 20_000, keyframeBytes: null }));
  return {
    language: "en",
    name: "English",
    isDefault: true,
    channels: 2,
    sampleRateHz: 48_000,
    isRung: false,
    isAlternate: false,
    transport: { ...track, segments },
    fragments: { ...track, segments },
    ...changes,
  };
}

export function aLadderPicture(folder: string, changes: Partial<LadderPicture> = {}): LadderPicture {
  return {
    widthPx: 1280,
    heightPx: 720,
    frameRate: { num: 30_000, den: 1001 },
    sound: 0,
    transport: aTrack(folder, [6, 6, 1], { codecs: ["avc1.64001f", "mp4a.40.2"] }),
    fragments: aTrack(folder),
    ...changes,
  };
}

export function aLadderSubtitle(changes: Partial<LadderSubtitle> = {}): LadderSubtitle {
  return {
    language: "en",
    name: "English",
    isDefault: false,
    isForced: false,
    folder: "text/en-1",
    ...changes,
  };
}

export function aLadder(changes: Partial<Ladder> = {}): Ladder {
  return {
    durationSeconds: 13,
    pictures: [aLadderPicture("picture-1")],
    sounds: [aLadderSound("sound-1")],
    subtitles: [],
    ...changes,
  };
}

export function aTransportPackage(
  changes: Partial<NonNullable<Packages["transport"]>> = {},
): NonNullable<Packages["transport"]> {
  return { store: NOWHERE, prefix: "hls", version: 4, keys: null, ...changes };
}

export function aFragmentPackage(
  changes: Partial<NonNullable<Packages["fragments"]>> = {},
): NonNullable<Packages["fragments"]> {
  return { store: NOWHERE, prefix: "dash", hasHls: true, licenses: null, tiles: null, ...changes };
}

/** Both packages. */
export function somePackages(changes: Partial<Packages> = {}): Packages {
  return {
    playlistName: "master",
    transport: aTransportPackage(),
    fragments: aFragmentPackage(),
    ...changes,
  };
}

export function someLicenses(changes: Partial<Licenses> = {}): Licenses {
  return {
    scheme: "cbcs",
    keyId: "00112233445566778899aabbccddeeff",
    widevine: { pssh: null, licenseUrl: null },
    playready: null,
    fairplay: null,
    clearkey: null,
    ...changes,
  };
}
