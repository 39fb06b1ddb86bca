/** A webhook receiver that keeps everything it gets and answers as the test wants. */
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import { Webhook } from "standardwebhooks";
import { eventually } from "./eventually.ts";
import { startLocalServer } from "./local-server.ts";

type WebhookBody = {
  job_id: string;
  event: string;
  metadata: boolean;
  data: Record<string, unknown>;
};

export type Received = {
  /** Epoch milliseconds. */
  at: number;
  method: string;
  /** With the query. */
  target: string;
  headers: IncomingHttpHeaders;
  /** The exact body. */
  text: string;
  body: WebhookBody;
};

/** `silence` keeps the connection open and never answers. */
export type SinkAnswer = { status: number; headers?: Record<string, string> } | "silence";

export type WebhookSink = {
  /** Takes any path below. */
  origin: string;
  received: Received[];
  /** Those of one job, in order of arrival. */
  of: (jobId: string) => Received[];
  /** Waits for the job's last event. */
  untilJobEvent: (jobId: string) => Promise<Received[]>;
  close: () => Promise<void>;
};

/** `answer` gets the delivery that has just arrived; by default it is welcome. Port 0 takes a free one. */
export async function startWebhookSink(
  answer: (delivery: Received) => SinkAnswer | Promise<SinkAnswer> = () => ({ status: 200 }),
  port = 0,
): Promise<WebhookSink> {
  const received: Received[] = [];
  const server = await startLocalServer(
    async (request, response) => {
      const delivery = await readDelivery(request);
      received.push(delivery);
      reply(response, await answer(delivery));
    },
    "127.0.0.1",
    port,
  );
  const of = (jobId: string) => received.filter(({ body }) => body.job_id === jobId);
  return {
    origin: server.origin,
    received,
    of,
    untilJobEvent: (jobId) =>
      eventually(`job ${jobId} sends its last event`, () => {
        const deliveries = of(jobId);
        return deliveries.some(({ body }) => body.event.startsWith("job.")) ? deliveries : null;
      }),
    close: server.close,
  };
}

/** Throws unless the delivery is signed with the secret. */
export function verifySignature(delivery: Received, secret: string): void {
  const headers = Object.fromEntries(
    Object.entries(delivery.headers).map(([name, value]) => [name, String(value)]),
  );
  new Webhook(secret).verify(delivery.text, headers);
}

async function readDelivery(request: IncomingMessage): Promise<Received> {
  const at = Date.now();
  const chunks: Buffer[] = [];
  for await (const chunk of request) {
    chunks.push(chunk);
  }
  const text = Buffer.concat(chunks).toString("utf8");
  return {
    at,
    method: request.method ?? "",
    target: request.url ?? "",
    headers: request.headers,
    text,
    body:
      text === "" ? { job_id: "", event: "", metadata: false, data: {} } : (JSON.parse(text) as WebhookBody),
  };
}

function reply(response: ServerResponse, answer: SinkAnswer): void {
  if (answer !== "silence") {
    response.writeHead(answer.status, answer.headers).end();
  }
}
