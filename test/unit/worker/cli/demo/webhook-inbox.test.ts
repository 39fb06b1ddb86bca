import { Webhook } from "standardwebhooks";
import { describe, expect, it } from "vitest";
import { plainPaint } from "../../../../../worker/cli/demo/paint.ts";
import { readWebhook, renderWebhook } from "../../../../../worker/cli/demo/webhook-inbox.ts";

const SECRET = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
const BODY = JSON.stringify({
  job_id: "AbCdEfGhIjKlMn",
  event: "output.completed",
  metadata: false,
  data: {
    type: "video",
    status: "video.encoded",
    progress: "20%",
    key: "mp4:480p",
    url: "http://h/480p.mp4",
  },
});

function signedHeaders(body: string, secret: string): Headers {
  const sentAt = new Date();
  return new Headers({
    "webhook-id": "msg_1",
    "webhook-timestamp": String(Math.floor(sentAt.getTime() / 1_000)),
    "webhook-signature": new Webhook(secret).sign("msg_1", sentAt, body),
  });
}

describe("readWebhook", () => {
  it("accepts the account's signature", () => {
    expect(readWebhook(BODY, signedHeaders(BODY, SECRET), SECRET)).toEqual({
      jobId: "AbCdEfGhIjKlMn",
      event: "output.completed",
      outputKey: "mp4:480p",
      status: "video.encoded",
      signature: "right",
    });
  });

  it("calls a body that was changed, another secret and missing headers wrong", () => {
    const other = `whsec_${Buffer.alloc(32, 8).toString("base64")}`;
    const changed = BODY.replace("20%", "21%");
    expect(readWebhook(changed, signedHeaders(BODY, SECRET), SECRET)?.signature).toBe("wrong");
    expect(readWebhook(BODY, signedHeaders(BODY, other), SECRET)?.signature).toBe("wrong");
    expect(readWebhook(BODY, new Headers(), SECRET)?.signature).toBe("wrong");
  });

  it("does not claim to have checked without a secret", () => {
    expect(readWebhook(BODY, signedHeaders(BODY, SECRET), null)?.signature).toBe("unknown");
  });

  it.each(["", "not json", "[]", '{"event":"x"}'])("ignores the body %j", (body) => {
    expect(readWebhook(body, new Headers(), SECRET)).toBeNull();
  });
});

describe("renderWebhook", () => {
  it("says when, what, of which output and whether the signature is right", () => {
    const webhook = { jobId: "a", event: "output.completed", outputKey: "mp4", status: "video.encoded" };
    expect(renderWebhook({ ...webhook, signature: "right" }, 4_210, plainPaint)).toBe(
      "  webhook 4.2 s  output.completed  mp4 encoded  signature ok",
    );
    expect(renderWebhook({ ...webhook, signature: "wrong" }, 0, plainPaint)).toContain("SIGNATURE WRONG");
  });
});
