/** The way to the encoders, whatever they run on. Both implementations carry the same HTTP contract. */
export interface EncoderPort {
  /** How long an encoder may take to say that it is there; a container may have to start first. */
  readonly answerWithinMs: number;
  /** Sends a request to one encoder; `path` starts with a slash. Rejects when it cannot be reached. */
  fetch(name: string, path: string, init: RequestInit): Promise<Response>;
  /**
   * The job needs this encoder no more: what it still runs there ends, its source goes, a container stops. When it
   * settles the encoder may be granted to another job. Safe to repeat.
   */
  release(name: string, jobId: string): Promise<void>;
  /** Origin at which encoders reach the Worker's S3 gateway. */
  gatewayOrigin(publicOrigin: string): string;
}
