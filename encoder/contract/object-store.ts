/**
 * Where an encoder reads and writes objects: always an S3 endpoint, whether it is the customer's bucket or
 * Copra's own gateway over R2.
 */
import { z } from "zod";

export const objectStoreSchema = z.object({
  /** Scheme, host and optional path prefix, such as `https://s3.eu-west-1.amazonaws.com`. */
  endpoint: z.url(),
  region: z.string().min(1),
  bucket: z.string().min(1),
  addressing: z.enum(["path", "virtual-host"]),
  credentials: z.object({ accessKeyId: z.string(), secretAccessKey: z.string() }),
  /** Sent with every object that is created: `x-amz-acl`, `x-amz-storage-class`, `cache-control`, `expires`. */
  objectHeaders: z.record(z.string(), z.string()),
  /** Copra's own gateway may live on a private address; a customer's endpoint may not. */
  network: z.enum(["public", "own"]),
});
export type ObjectStoreConfig = z.infer<typeof objectStoreSchema>;

/** One object: the store and the key in it, without a leading slash. */
export const objectRefSchema = z.object({ store: objectStoreSchema, key: z.string().min(1).max(1024) });
export type ObjectRef = z.infer<typeof objectRefSchema>;

/** What was written, as the store would list it. */
export const writtenObjectSchema = z.object({ key: z.string(), sizeBytes: z.int().nonnegative() });
export type WrittenObject = z.infer<typeof writtenObjectSchema>;

/** A stored part that another task reads back, and what its bytes must be. */
export const workFileSchema = writtenObjectSchema.extend({ sha256: z.string().regex(/^[0-9a-f]{64}$/) });
export type WorkFile = z.infer<typeof workFileSchema>;
