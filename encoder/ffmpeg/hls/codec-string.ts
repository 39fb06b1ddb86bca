/** The `CODECS` of an MP4's streams (RFC 6381), from what ffprobe prints of them. */

/** AAC-LC, the one kind that Copra encodes. */
export const AAC_LC_CODEC = "mp4a.40.2";

/**
 * `avc1.PPCCLL` from the hex dump of an avcC box that `ffprobe -show_data` prints: bytes 1 to 3 are profile,
 * compatibility flags and level (ISO 14496-15 §5.3.3.1). Null when the dump is something else.
 */
export function h264CodecString(extradataDump: string): string | null {
  const bytes = /^0{8}: 01([0-9a-f]{2}) ([0-9a-f]{2})([0-9a-f]{2}) /.exec(extradataDump.trimStart());
  return bytes ? `avc1.${bytes[1]}${bytes[2]}${bytes[3]}` : null;
}
