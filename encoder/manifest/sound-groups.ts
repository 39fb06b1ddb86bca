/** Which sounds a variant of an HLS package can be heard with: the AUDIO groups of a master playlist. */
import type { Ladder, LadderSound, PlacedTrack } from "../contract/stream.ts";

export type SoundGroup = {
  id: string;
  members: {
    sound: LadderSound;
    /** Null where the sound is in the variant's own segments. */
    track: PlacedTrack | null;
  }[];
};

export type PackageKind = "transport" | "fragments";

/**
 * One group per encode that pictures refer to: its languages in the quality of that encode. Fragmented MP4 has all sounds
 * apart. A transport stream is muxed with its sound, so there a group is only needed where there is a choice.
 */
export function soundGroups(ladder: Ladder, kind: PackageKind): (soundIndex: number) => SoundGroup | null {
  const groups = new Map<string, SoundGroup | null>();
  let count = 0;
  return (soundIndex) => {
    const sound = ladder.sounds[soundIndex];
    const key = sound && kind === "fragments" ? groupKey(ladder, sound) : String(soundIndex);
    const known = groups.get(key);
    if (known !== undefined || sound === undefined) {
      return known ?? null;
    }
    const members = membersOf(ladder, sound, kind);
    const isNeeded = members.length > (kind === "transport" ? 1 : 0);
    const group = isNeeded ? { id: `audio-${(count += 1)}`, members } : null;
    groups.set(key, group);
    return group;
  };
}

function membersOf(ladder: Ladder, own: LadderSound, kind: PackageKind): SoundGroup["members"] {
  const peers = own.isAlternate ? peersOf(ladder, own) : [own];
  return peers.flatMap((sound): SoundGroup["members"] => {
    if (kind === "transport" && sound === own) {
      return [{ sound, track: null }];
    }
    return sound[kind] ? [{ sound, track: sound[kind] }] : [];
  });
}

/** Of each language the encode that stands at the same place among the encodes of its language. */
function peersOf(ladder: Ladder, own: LadderSound): LadderSound[] {
  const languages = encodesByLanguage(ladder);
  const place = Math.max(0, ...[...languages.values()].map((encodes) => encodes.indexOf(own)));
  return [...languages.values()].flatMap((encodes) =>
    encodes.includes(own) ? [own] : encodes.slice(0, place + 1).slice(-1),
  );
}

function groupKey(ladder: Ladder, own: LadderSound): string {
  return (own.isAlternate ? peersOf(ladder, own) : [own])
    .map((sound) => ladder.sounds.indexOf(sound))
    .join(",");
}

function encodesByLanguage({ sounds }: Ladder): Map<string, LadderSound[]> {
  const alternates = sounds.filter((sound) => sound.isAlternate);
  return Map.groupBy(alternates, ({ language, name }) => `${language ?? ""} ${name}`);
}
