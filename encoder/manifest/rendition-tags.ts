/** EXT-X-MEDIA tags (RFC 8216 §4.3.4.1): languages of sound and of subtitles. */
import type { LadderSubtitle } from "../contract/stream.ts";
import { attributeList, type AttributeValue, yesNo } from "./attribute-list.ts";
import { MEDIA_PLAYLIST_FILE } from "./file-names.ts";
import type { SoundGroup } from "./sound-groups.ts";

/** There is one group of subtitles, and every variant refers to it. */
export const SUBTITLE_GROUP = "subtitles";

export function soundTags({ id, members }: SoundGroup): string[] {
  return mediaTags(
    { TYPE: { bare: "AUDIO" }, "GROUP-ID": id },
    members.map(({ sound, track }) => ({
      language: sound.language,
      name: sound.name,
      isDefault: sound.isDefault,
      attributes: {
        CHANNELS: String(sound.channels),
        URI: track ? `${track.folder}/${MEDIA_PLAYLIST_FILE}` : null,
      },
    })),
  );
}

export function subtitleTags(subtitles: readonly LadderSubtitle[]): string[] {
  return mediaTags(
    { TYPE: { bare: "SUBTITLES" }, "GROUP-ID": SUBTITLE_GROUP },
    subtitles.map(({ language, name, isDefault, isForced, folder }) => ({
      language,
      name,
      isDefault,
      attributes: { FORCED: yesNo(isForced), URI: `${folder}/${MEDIA_PLAYLIST_FILE}` },
    })),
  );
}

type Member = {
  language: string | null;
  name: string;
  isDefault: boolean;
  attributes: Record<string, AttributeValue>;
};

/**
 * Tags of one group, within its rules: at most one is the default, and of those that a player may choose by itself no two
 * are alike in language and purpose. That names differ is the ladder's part.
 */
function mediaTags(group: Record<string, AttributeValue>, members: readonly Member[]): string[] {
  const purposes = new Set<string>();
  const firstDefault = members.findIndex(({ isDefault }) => isDefault);
  return members.map(({ language, name, attributes }, index) => {
    const purpose = attributeList({ language, FORCED: attributes["FORCED"] ?? null });
    const isDefault = index === firstDefault;
    const isOwnPurpose = isDefault || !takesPurposeOf(purpose, purposes, members[firstDefault]);
    purposes.add(purpose);
    const written = attributeList({
      ...group,
      LANGUAGE: language,
      NAME: name,
      DEFAULT: yesNo(isDefault),
      AUTOSELECT: yesNo(isOwnPurpose),
      ...attributes,
    });
    return `#EXT-X-MEDIA:${written}`;
  });
}

/** The default is always chosen by itself, so another of its purpose is not. */
function takesPurposeOf(purpose: string, taken: ReadonlySet<string>, preferred: Member | undefined): boolean {
  const ofPreferred =
    preferred &&
    attributeList({ language: preferred.language, FORCED: preferred.attributes["FORCED"] ?? null });
  return taken.has(purpose) || purpose === ofPreferred;
}
