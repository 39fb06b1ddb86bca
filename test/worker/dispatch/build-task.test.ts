import { describe, expect, it } from "vitest";
import { buildTask } from "../../../worker/dispatch/build-task.ts";
import { readGatewayGrant } from "../../../worker/gateway/gateway-credentials.ts";
import { anIngestedJob, lease, taskOf } from "../../support/job-builders.ts";

describe("buildTask", () => {
  it("opens the gateway for as long as the job may take, because no task is sure to be faster", async () => {
    const state = lease(anIngestedJob());
    const masterKey = { bytes: new Uint8Array(32) };
    const secrets = { inputUrl: "https://a.example/v", notificationUrl: "", storageCredentials: null };
    const context = { secrets, masterKey, gatewayOrigin: "https://copra.example.com" };
    const task = await buildTask(state, taskOf(state, "output-0"), context);
    const accessKeyId = task.kind === "encode" ? task.object.store.credentials.accessKeyId : "";
    expect((await readGatewayGrant(masterKey, accessKeyId))?.expiresAt).toBe(state.record.deadlineAt);
  });
});
