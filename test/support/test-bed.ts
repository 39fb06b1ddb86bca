/** What a test of the whole service stands on: the service, sources, a webhook receiver and a client. */
import { createJobClient, type JobClient } from "./job-client.ts";
import { makeTestDirectory } from "./make-clip.ts";
import { startMediaServer, type MediaServer, type SourceHandler } from "./media-server.ts";
import { startTestService, type TestService } from "./service-harness.ts";
import { startWebhookSink, type WebhookSink } from "./webhook-sink.ts";

export type TestBed = {
  service: TestService;
  /** Serves the files that the bed was started with. */
  media: MediaServer;
  webhooks: WebhookSink;
  /** With the service's development key. */
  client: JobClient;
  /** Path of a temporary directory that goes with the bed. */
  directory: string;
  /** Ends and removes all of it. */
  close: () => Promise<void>;
};

/**
 * @param files makes the sources, in the bed's directory if they need one.
 */
export async function startTestBed(
  files: (directory: string) => Promise<Record<string, Uint8Array | SourceHandler>>,
  options: { encoderCount?: number } = {},
): Promise<TestBed> {
  const directory = await makeTestDirectory();
  const media = await startMediaServer(await files(directory.path));
  const webhooks = await startWebhookSink();
  const service = await startTestService(options);
  return {
    service,
    media,
    webhooks,
    client: createJobClient(service),
    directory: directory.path,
    close: async () => {
      await service.remove();
      await media.close();
      await webhooks.close();
      await directory.remove();
    },
  };
}
