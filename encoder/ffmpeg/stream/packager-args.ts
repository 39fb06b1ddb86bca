/** The command line of shaka-packager that encrypts a fragmented MP4 (ISO 23001-7), segment by segment. */
import { SEGMENT_SECONDS, type CommonEncryption } from "../../contract/stream.ts";

export type EncryptionPlan = {
  scheme: CommonEncryption["scheme"];
  /** A file with `packagerKeyFlags`: every process of the machine can read a command line. */
  keyFlagsPath: string;
  /** Complete `pssh` boxes one after the other, hexadecimal; empty for none. */
  psshHex: string;
  kind: "video" | "audio";
  /** Hexadecimal: eight bytes of `cenc`, from which samples count on, sixteen of `cbcs`, which all samples share. */
  iv: string;
  inputPath: string;
  /** Names within its working directory; `$Time$` is a segment's start in ticks. */
  initName: string;
  segmentTemplate: string;
};

/**
 * It cuts as this encoder does: at the first keyframe, or packet of sound, at or after each multiple of
 * `SEGMENT_SECONDS`. Everything is encrypted from the first sample on.
 */
export function packagerArgs(plan: EncryptionPlan): string[] {
  const stream = [
    `in=${plan.inputPath}`,
    `stream=${plan.kind}`,
    `init_segment=${plan.initName}`,
    `segment_template=${plan.segmentTemplate}`,
  ];
  return [
    stream.join(","),
    "--quiet",
    "--enable_raw_key_encryption",
    `--flagfile=${plan.keyFlagsPath}`,
    ...["--protection_scheme", plan.scheme, "--iv", plan.iv],
    // Clear keys are found by the common box, which names the key and nothing else.
    ...["--protection_systems", "CommonSystem"],
    ...(plan.psshHex === "" ? [] : ["--pssh", plan.psshHex]),
    ...["--clear_lead", "0"],
    ...["--segment_duration", String(SEGMENT_SECONDS), "--fragment_duration", String(SEGMENT_SECONDS)],
    "--generate_sidx_in_media_segments=false",
    // The time of creation is zero, so that equal work is equal bytes.
    "--use_fake_clock_for_muxer",
  ];
}

/** The key, as flags in a file. */
export function packagerKeyFlags({ key, keyId }: Pick<CommonEncryption, "key" | "keyId">): string {
  return `--keys=label=:key_id=${keyId}:key=${key}\n`;
}

/** Bytes of an IV by scheme (ISO 23001-7 §10.1, §10.4). */
export const IV_BYTES = { cenc: 8, cbcs: 16 } as const;
