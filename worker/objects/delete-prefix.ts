/** Removes everything below a prefix of the bucket, 1,000 objects a call. Safe to repeat. */
export async function deletePrefix(bucket: R2Bucket, prefix: string): Promise<void> {
  for (;;) {
    const { objects, truncated } = await bucket.list({ prefix, limit: 1000 });
    if (objects.length > 0) {
      await bucket.delete(objects.map((object) => object.key));
    }
    if (!truncated) {
      return;
    }
  }
}
