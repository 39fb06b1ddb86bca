/**
 * Everything that can go wrong with a task: one row per failure. `retry` is decided here and nowhere else;
 * `message` is what the customer reads, so it names no path, host, secret or FFmpeg output.
 */
import { z } from "zod";

/**
 * - `never`: the same work fails again.
 * - `again`: passing; another attempt may succeed.
 * - `once`: worth a single second attempt (memory exhaustion).
 * - `elsewhere`: this encoder cannot go on; the attempt is handed to another one.
 */
export type RetryClass = "never" | "again" | "once" | "elsewhere";

type FailureRow = { retry: RetryClass; message: (detail: FailureDetail) => string };
type FailureDetail = {
  httpStatus?: number | undefined;
  limit?: string | undefined;
  /** Number of the track in the input, and its codec by FFmpeg's name. */
  streamIndex?: number | undefined;
  codec?: string | undefined;
};

const track = ({ streamIndex, codec }: FailureDetail) =>
  `${streamIndex === undefined ? "" : ` ${streamIndex}`}${codec ? ` (${codec})` : ""}`;

const status = (detail: FailureDetail) => (detail.httpStatus ? `HTTP ${detail.httpStatus}` : "an error");

export const FAILURES = {
  source_not_found: {
    retry: "never",
    message: (d) =>
      `The input could not be downloaded: its server answered ${status(d)}. Check that the URL still exists.`,
  },
  source_denied: {
    retry: "never",
    message: (d) =>
      `The input could not be downloaded: its server answered ${status(d)}. Check the URL's signature, expiry and permissions.`,
  },
  source_http_error: {
    retry: "never",
    message: (d) => `The input could not be downloaded: its server answered ${status(d)}.`,
  },
  source_server_error: {
    retry: "again",
    message: (d) => `The input could not be downloaded: its server kept answering ${status(d)}.`,
  },
  source_unreachable: {
    retry: "again",
    message: () => "The input could not be downloaded: its server could not be reached.",
  },
  source_interrupted: {
    retry: "again",
    message: () => "The input could not be downloaded: the transfer broke off before the end.",
  },
  source_changed: {
    retry: "once",
    message: () => "The input changed on its server while it was being read. Put it there once and leave it.",
  },
  source_too_slow: {
    retry: "again",
    message: () => "The input could not be downloaded: its server sent the file too slowly.",
  },
  source_address_forbidden: {
    retry: "never",
    message: () => "The input could not be downloaded: its address is not a public one.",
  },
  source_too_many_redirects: {
    retry: "never",
    message: (d) => `The input could not be downloaded: more than ${d.limit ?? "5"} redirects.`,
  },
  source_too_large: {
    retry: "never",
    message: (d) => `The input is larger than this service accepts${d.limit ? ` (${d.limit})` : ""}.`,
  },
  source_empty: { retry: "never", message: () => "The input is an empty file." },
  source_not_media: {
    retry: "never",
    message: () =>
      "The input is not a video, audio or image file that can be read; it may be damaged or incomplete.",
  },
  source_limits_exceeded: {
    retry: "never",
    message: (d) => `The input exceeds a limit of this service${d.limit ? `: ${d.limit}` : ""}.`,
  },
  source_encrypted: {
    retry: "never",
    message: (d) => `Track${track(d)} of the input is encrypted. Give a file without copy protection.`,
  },
  video_not_decodable: {
    retry: "never",
    message: (d) =>
      `Video track${track(d)} of the input cannot be decoded: its codec is unknown, or nothing in it can be read.`,
  },
  audio_not_decodable: {
    retry: "never",
    message: (d) =>
      `Audio track${track(d)} of the input cannot be decoded: its codec is unknown, or nothing in it can be read.`,
  },
  colour_not_supported: {
    retry: "never",
    message: (d) =>
      `The colours of video track${track(d)} of the input cannot be converted${d.limit ? `: ${d.limit}` : ""}.`,
  },
  copy_not_possible: {
    retry: "never",
    message: (d) =>
      `Track${track(d)} of the input cannot be copied into ${d.limit ?? "this container"}. Name a codec in the format instead of 'copy'.`,
  },
  copy_cut_not_possible: {
    retry: "never",
    message: () =>
      "A track of this kind of input cannot be copied from the middle: it has no index of its keyframes. Leave 'offset' out, or name a codec in the format instead of 'copy'.",
  },
  level_too_low: {
    retry: "never",
    message: (d) =>
      `The level in the format is too low for this input's size and frame rate${d.limit ? `: ${d.limit}` : ""}. Leave it out or raise it.`,
  },
  watermark_unreachable: {
    // A logo is not worth holding an encoder for.
    retry: "once",
    message: () =>
      "The watermark could not be downloaded. Check that its URL can be reached and still exists.",
  },
  watermark_address_forbidden: {
    retry: "never",
    message: () => "The watermark could not be downloaded: its address is not a public one.",
  },
  watermark_not_an_image: {
    retry: "never",
    message: () => "The watermark is not a PNG or JPEG picture that can be read.",
  },
  watermark_too_large: {
    retry: "never",
    message: (d) => `The watermark is larger than this service accepts${d.limit ? ` (${d.limit})` : ""}.`,
  },
  audio_track_not_found: {
    retry: "never",
    message: (d) =>
      `The input has no audio track in any language of 'audio_tracks'${d.limit ? `: ${d.limit}` : ""}. Ask for others, or for "all".`,
  },
  subtitle_track_not_found: {
    retry: "never",
    message: (d) =>
      `The input has no subtitles of text in any language of 'subtitles'${d.limit ? `: ${d.limit}` : ""}. Ask for others, for "all", or give files.`,
  },
  subtitles_unreachable: {
    retry: "once",
    message: (d) =>
      `The file with subtitles could not be downloaded${d.httpStatus ? `: its server answered ${status(d)}` : ""}. Check that its URL can be reached and still exists.`,
  },
  subtitles_address_forbidden: {
    retry: "never",
    message: () => "The file with subtitles could not be downloaded: its address is not a public one.",
  },
  subtitles_not_readable: {
    retry: "never",
    message: (d) =>
      d.streamIndex === undefined
        ? "The file with subtitles cannot be read. Give SubRip (SRT), WebVTT or ASS, as text in UTF-8, UTF-16 or Latin-1."
        : `Track${track(d)} of the input cannot be read as subtitles. Leave its language out of 'subtitles', or give a file with its text.`,
  },
  subtitles_too_large: {
    retry: "never",
    message: (d) =>
      `The subtitles are larger than this service accepts${d.limit ? ` (${d.limit})` : ""}. Give a file with their text alone.`,
  },
  sprite_too_large: {
    retry: "never",
    message: (d) =>
      `The sprite would be larger than its format can hold${d.limit ? ` (${d.limit})` : ""}. Set 'limit', take fewer pictures or make them smaller.`,
  },
  image_too_large: {
    retry: "never",
    message: (d) =>
      `The picture would be larger than its format can hold${d.limit ? ` (${d.limit})` : ""}. Give it a smaller resolution.`,
  },
  output_path_unusable: {
    retry: "never",
    message: (d) => `The path of the output, with its variables filled in, ${d.limit ?? "cannot be used"}.`,
  },
  input_has_no_video: {
    retry: "never",
    message: () => "The output needs a picture, but the input has no video track.",
  },
  input_has_no_audio: {
    retry: "never",
    message: () => "The output needs sound, but the input has no audio track that can be decoded.",
  },
  input_duration_unknown: {
    retry: "never",
    message: () =>
      "The pictures cannot be spread over the input because its duration is unknown. Use 'offsets' instead.",
  },
  offset_beyond_end: {
    retry: "never",
    message: (d) =>
      `The wanted time is beyond the end of the input${d.limit ? `, which is ${d.limit} long` : ""}.`,
  },
  too_many_images: {
    retry: "never",
    message: (d) =>
      `The interval asks for more than ${d.limit ?? "10000"} pictures of this input. Use a longer 'interval'.`,
  },
  output_list_too_long: {
    retry: "never",
    message: () =>
      "The job makes more files than its answers can list. Ask for fewer pictures, use shorter paths, or split the job.",
  },
  output_path_taken: {
    retry: "never",
    message: () =>
      "Another output of this job is written to the same path. Give each a path of its own, or conditions that exclude each other.",
  },
  encode_failed: {
    retry: "never",
    message: () => "The media file couldn't be encoded because of a FFmpeg error.",
  },
  encode_timed_out: {
    retry: "once",
    message: () => "The media file couldn't be encoded within the time that this service allows.",
  },
  encode_out_of_memory: {
    retry: "once",
    message: () => "The media file couldn't be encoded within the memory that this service allows.",
  },
  encode_output_too_large: {
    retry: "never",
    message: () => "The encoded file grew beyond the size that this service allows.",
  },
  output_frame_missing: {
    retry: "never",
    message: () => "No picture could be taken: the input has no frame at the wanted time.",
  },
  output_check_failed: {
    retry: "once",
    message: () => "The encoded file did not pass its checks and was not delivered.",
  },
  destination_denied: {
    retry: "never",
    message: (d) =>
      `The result could not be uploaded: the storage answered ${status(d)}. Check the credentials and the bucket's permissions.`,
  },
  destination_not_found: {
    retry: "never",
    message: (d) =>
      `The result could not be uploaded: the storage answered ${status(d)}. Check that the bucket exists.`,
  },
  destination_acl_refused: {
    retry: "never",
    message: () =>
      "The result could not be uploaded: the bucket takes no ACLs. Set 'storage.acl' to 'bucket-owner-full-control', or turn ACLs on for the bucket.",
  },
  destination_rejected: {
    retry: "never",
    message: (d) => `The result could not be uploaded: the storage answered ${status(d)}.`,
  },
  destination_address_forbidden: {
    retry: "never",
    message: () => "The result could not be uploaded: the storage's address is not a public one.",
  },
  destination_unavailable: {
    retry: "again",
    message: () => "The result could not be uploaded: the storage did not accept it in time.",
  },
  work_storage_unavailable: {
    retry: "again",
    message: () => "The encoded parts could not be read back from the service's own storage.",
  },
  work_file_lost: {
    retry: "again",
    message: () => "An encoded part was lost or damaged in the service's own storage, several times.",
  },
  scratch_full: {
    retry: "elsewhere",
    message: () => "The encoder ran out of disk space for the job's files.",
  },
  encoder_stopping: {
    retry: "elsewhere",
    message: () => "The encoder was stopped before the work was done.",
  },
  encoder_lost: {
    retry: "again",
    message: () => "The encoder was lost several times before the work was done.",
  },
  job_deadline_exceeded: {
    retry: "never",
    message: () => "The job was not finished within the time that this service allows for a job.",
  },
  internal_error: {
    retry: "again",
    message: () => "The work failed several times because of an error in the service.",
  },
} as const satisfies Record<string, FailureRow>;

export type FailureCode = keyof typeof FAILURES;
export const FAILURE_CODES = Object.keys(FAILURES) as [FailureCode, ...FailureCode[]];

export const failureSchema = z.object({
  code: z.enum(FAILURE_CODES),
  httpStatus: z.int().min(100).max(599).optional(),
  limit: z.string().max(200).optional(),
  streamIndex: z.int().nonnegative().optional(),
  codec: z.string().max(40).optional(),
  /** Of `work_file_lost`: keys of the parts that are missing or not what was written. */
  lostKeys: z.array(z.string().max(1024)).max(1_000).optional(),
});
export type Failure = z.infer<typeof failureSchema>;

/** The sentence for the customer. */
export function failureMessage(failure: Failure): string {
  const row: FailureRow = FAILURES[failure.code];
  return row.message(failure);
}

/** Whether and how often the same task is worth another attempt. */
export function retryClass(code: FailureCode): RetryClass {
  return FAILURES[code].retry;
}

/** What the file is, in contrast to how it was fetched: one output may meet it where another does not. */
const SOURCE_CONTENT_FAILURES: readonly FailureCode[] = [
  "source_empty",
  "source_not_media",
  "source_limits_exceeded",
  "source_encrypted",
];

/** The source cannot be fetched (any more), so nothing else can be made of it either. */
export function isFetchFailure(code: FailureCode): boolean {
  return code.startsWith("source_") && !SOURCE_CONTENT_FAILURES.includes(code);
}
