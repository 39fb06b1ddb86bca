/** The port through which tasks read and write objects; s3-store.ts implements it. */
import type { ObjectRef, WrittenObject } from "../contract/object-store.ts";

export type TransferOptions = {
  signal: AbortSignal;
  /** 0..1 of the file; may fall back when a part is sent again. */
  onProgress?: (fraction: number) => void;
};

export interface ObjectStore {
  /**
   * Writes a file as an object and resolves when the store has it durably. Replaces an object of that key.
   * @throws TaskFailure `destination_*`; the signal's reason when it is aborted, after a begun multipart upload
   *   was ended at the store.
   */
  putFile(
    ref: ObjectRef,
    file: { path: string; contentType: string },
    options: TransferOptions,
  ): Promise<WrittenObject>;
  /**
   * Reads an object of this service into a file and returns its size in bytes.
   * @throws TaskFailure `work_storage_unavailable`; the signal's reason when it is aborted.
   */
  getToFile(ref: ObjectRef, path: string, options: TransferOptions): Promise<{ sizeBytes: number }>;
  /** Size of an object; null when there is none. Throws as `getToFile` does. */
  head(ref: ObjectRef, options: TransferOptions): Promise<{ sizeBytes: number } | null>;
  /** Deletes an object; one that is not there is as good. Throws as `putFile` does. */
  remove(ref: ObjectRef, options: TransferOptions): Promise<void>;
}
