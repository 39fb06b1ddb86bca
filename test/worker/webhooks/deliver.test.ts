import { afterEach, describe, expect, it, vi } from "vitest";
import { deliver } from "../../../worker/webhooks/deliver.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

const delivery = { url: "https://hooks.example.com/in", id: "msg_1", sequence: 1, attempt: 1, body: "{}" };
const brokenBody = () =>
  new ReadableStream({
    start: (controller) => controller.error(new Error("connection lost")),
  });

describe("deliver", () => {
  it.each([
    [200, "delivered"],
    [500, "failed"],
  ])("takes the status %i for the answer even when the body breaks off", async (status, result) => {
    vi.spyOn(globalThis, "fetch").mockResolvedValue(new Response(brokenBody(), { status }));
    const ended = await deliver({ ...delivery, secret: null }, { allowPrivateNetwork: false, now: 0 });
    expect(ended).toMatchObject({ outcome: { result }, httpStatus: status });
  });
});
