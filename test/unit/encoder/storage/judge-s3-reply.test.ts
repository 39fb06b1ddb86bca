import { describe, expect, it } from "vitest";
import { judgeS3Reply } from "../../../../encoder/storage/judge-s3-reply.ts";

describe("judgeS3Reply", () => {
  it("accepts 2xx without an error document", () => {
    for (const httpStatus of [200, 201, 204, 206]) {
      expect(judgeS3Reply({ httpStatus, errorCode: null }, "write")).toEqual({ kind: "ok" });
    }
  });

  it.each([
    [500, "InternalError"],
    [502, "Unknown"],
    [503, "SlowDown"],
    [504, "Unknown"],
    [429, "TooManyRequests"],
    [408, "Unknown"],
    [400, "RequestTimeout"],
    [409, "OperationAborted"],
    [200, "InternalError"],
  ])("asks again after %i %s", (httpStatus, errorCode) => {
    expect(judgeS3Reply({ httpStatus, errorCode }, "write")).toEqual({
      kind: "retry",
      failure: { code: "destination_unavailable", httpStatus },
    });
  });

  it.each([
    [401, "Unauthorized", "destination_denied"],
    [403, "SignatureDoesNotMatch", "destination_denied"],
    [404, "NoSuchBucket", "destination_not_found"],
    [301, "PermanentRedirect", "destination_rejected"],
    [307, "TemporaryRedirect", "destination_rejected"],
    [400, "AuthorizationHeaderMalformed", "destination_rejected"],
    [411, "MissingContentLength", "destination_rejected"],
    [413, "EntityTooLarge", "destination_rejected"],
  ])("gives up after %i %s with %s", (httpStatus, errorCode, code) => {
    expect(judgeS3Reply({ httpStatus, errorCode }, "write")).toEqual({
      kind: "failed",
      failure: { code, httpStatus },
    });
  });

  it("reports every trouble with the service's own objects as work_storage_unavailable", () => {
    expect(judgeS3Reply({ httpStatus: 404, errorCode: "NoSuchKey" }, "read")).toEqual({
      kind: "failed",
      failure: { code: "work_storage_unavailable", httpStatus: 404 },
    });
    expect(judgeS3Reply({ httpStatus: 503, errorCode: "SlowDown" }, "read").kind).toBe("retry");
  });
});
