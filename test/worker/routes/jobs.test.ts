import { env } from "cloudflare:workers";
import { createExecutionContext, reset, runInDurableObject } from "cloudflare:test";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { newApp } from "../../../worker/app.ts";
import { ERROR_CODES } from "../../../worker/domain/error-catalogue.ts";
import { seededRandom } from "../../support/random.ts";
import { aFuzzedBody } from "../../support/request-fuzz.ts";
import { aJobBody, anAccount, as, createJob, request, type Account } from "../support/api.ts";

let account: Account;
beforeAll(async () => {
  account = await anAccount();
  // No encoder answers in this file: jobs stay where creation leaves them.
  vi.spyOn(globalThis, "fetch").mockImplementation(async () => {
    throw new TypeError("no encoder here");
  });
});

// Left alone, the open jobs would look for encoders until their deadline, and the run would not end.
afterAll(() => reset());

const post = (body: BodyInit, headers: Record<string, string> = {}) =>
  as(account, "/v2/jobs", { method: "POST", body, headers });

async function expectEnvelope(response: Response, status: number, code: string): Promise<void> {
  expect(response.status).toBe(status);
  expect(response.headers.get("content-type")).toMatch(/^application\/json/);
  const body = await response.json<Record<string, unknown>>();
  expect(Object.keys(body)).toEqual(["message", "error_code", "status"]);
  expect(body).toMatchObject({ error_code: code, status: "error", message: expect.any(String) });
}

describe("POST /v2/jobs", () => {
  describe("201", () => {
    it("answers with the new job in Coconut's shape, and GET shows the same", async () => {
      const response = await post(JSON.stringify(aJobBody()));
      expect(response.status).toBe(201);
      expect(response.headers.get("content-type")).toBe("application/json; charset=utf-8");
      const job = await response.json<{ id: string; created_at: string }>();
      expect(job).toEqual({
        id: expect.stringMatching(/^[A-Za-z0-9]{14}$/),
        created_at: expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \+0000$/),
        completed_at: null,
        status: "job.starting",
        progress: "0%",
        input: { status: "input.starting" },
        outputs: [{ key: "mp4:720p", type: "video", format: "mp4:720p", status: "video.waiting" }],
      });
      for (const path of [`/v2/jobs/${job.id}`, `/v2/jobs/${job.id}/`]) {
        const read = await as(account, path);
        expect(read.status).toBe(200);
        expect(await read.json()).toEqual(job);
      }
    });

    it.each([
      [
        "a form type, as the documented curl -d sends",
        { "content-type": "application/x-www-form-urlencoded" },
      ],
      ["JSON with a charset, as http.rb sends", { "content-type": "application/json; charset=utf-8" }],
      ["plain text", { "content-type": "text/plain" }],
    ])("reads the body as JSON under %s", async (_, headers) => {
      expect((await post(JSON.stringify(aJobBody()), headers)).status).toBe(201);
    });

    it("reads a chunked body without a length, as coconutjs sends", async () => {
      const text = new TextEncoder().encode(JSON.stringify(aJobBody()));
      const body = new ReadableStream<Uint8Array>({
        start(controller) {
          controller.enqueue(text.subarray(0, 20));
          controller.enqueue(text.subarray(20));
          controller.close();
        },
      });
      expect((await post(body)).status).toBe(201);
    });

    it("takes Go's nulls as absent", async () => {
      expect((await post(JSON.stringify(aJobBody({ settings: null })))).status).toBe(201);
    });

    it("accepts a trailing slash", async () => {
      const response = await as(account, "/v2/jobs/", { method: "POST", body: JSON.stringify(aJobBody()) });
      expect(response.status).toBe(201);
    });
  });

  describe("400", () => {
    it.each([
      ["no JSON at all", "{", "json_not_valid"],
      ["no input", JSON.stringify(aJobBody({ input: undefined })), "input_not_valid"],
      [
        "an input URL that is none",
        JSON.stringify(aJobBody({ input: { url: "notvalidurl" } })),
        "input_url_not_valid",
      ],
      [
        "an unknown storage",
        JSON.stringify(aJobBody({ storage: { service: "nowhere" } })),
        "storage_service_not_valid",
      ],
      ["no notification", JSON.stringify(aJobBody({ notification: null })), "notification_not_valid"],
      [
        "an unknown output parameter",
        JSON.stringify(aJobBody({ outputs: { mp4: { path: "/a.mp4", notvalidparam: 1 } } })),
        "output_param_not_valid",
      ],
      [
        "a codec in the wrong container",
        JSON.stringify(aJobBody({ outputs: { "webm:h264": { path: "/a.webm" } } })),
        "output_format_not_valid",
      ],
    ])("refuses %s", async (_, body, code) => {
      await expectEnvelope(await post(body), 400, code);
    });

    it("tells the first of several mistakes and counts them, in an envelope of three keys", async () => {
      const outputs = { mp4: { path: 5, fitt: "pad" }, "webm:h264": { path: "/a.webm" } };
      const response = await post(JSON.stringify(aJobBody({ outputs })));
      await expectEnvelope(response.clone(), 400, "output_param_not_valid");
      expect(await response.json()).toMatchObject({
        message:
          "outputs.mp4.fitt is not a parameter of a video output. Did you mean 'fit'? This is the first of 3 problems found.",
      });
    });

    it("answers whatever is sent with a job or the envelope, never with an error of its own", async () => {
      const random = seededRandom(400);
      const statuses = new Map<number, number>();
      for (let round = 0; round < 300; round++) {
        const body = aFuzzedBody({ random, mistakes: random.pick([0.02, 0.2]) });
        const response = await post(JSON.stringify(body));
        statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1);
        if (response.status === 201) {
          expect(await response.json()).toMatchObject({ status: "job.starting" });
        } else {
          const answer = await response.json<Record<string, string>>();
          expect(Object.keys(answer)).toEqual(["message", "error_code", "status"]);
          expect(ERROR_CODES).toContain(answer["error_code"]);
        }
      }
      expect(new Set(statuses.keys())).toEqual(new Set([201, 400]));
      expect(statuses.get(201)).toBeGreaterThan(20);
    }, 60_000);

    it("sends Coconut's own text for missing credentials", async () => {
      const response = await post(
        JSON.stringify(aJobBody({ storage: { service: "s3", region: "us-east-1", bucket: "bucket" } })),
      );
      expect(await response.json()).toEqual({
        message:
          "The storage credentials are not correct, you must define your 'access_key_id' and 'secret_access_key'.",
        error_code: "storage_credentials_not_valid",
        status: "error",
      });
    });
  });

  describe("401", () => {
    it.each([
      ["no header", undefined],
      ["a key that is not known", `Basic ${btoa("k-ffffffffffffffffffffffffffffffff:")}`],
      ["a bearer token", "Bearer k-00000000000000000000000000000000"],
      ["a header that is not base64", "Basic ???"],
    ])("refuses %s with JSON that every SDK can parse", async (_, authorization) => {
      const response = await request("/v2/jobs", {
        method: "POST",
        body: JSON.stringify(aJobBody()),
        headers: authorization === undefined ? {} : { authorization },
      });
      expect(response.headers.get("www-authenticate")).toBe('Basic realm="Application"');
      await expectEnvelope(response, 401, "authentication_failed");
    });

    it("refuses a revoked key", async () => {
      const revoked = await anAccount({ revoked: true });
      await expectEnvelope(
        await as(revoked, "/v2/jobs", { method: "POST", body: "{}" }),
        401,
        "authentication_failed",
      );
    });
  });

  it("answers 413 to a body of more than 1 MB, with and without a length", async () => {
    const big = JSON.stringify(aJobBody({ padding: "x".repeat(1024 * 1024) }));
    await expectEnvelope(await post(big), 413, "body_too_large");
    await expectEnvelope(await post(new Blob([big]).stream()), 413, "body_too_large");
  });

  it("answers 405 to other methods and names the right one", async () => {
    const response = await as(account, "/v2/jobs", { method: "DELETE" });
    expect(response.headers.get("allow")).toBe("POST");
    await expectEnvelope(response, 405, "method_not_allowed");
  });

  it("answers 500 with the envelope and without details when the service itself fails", async () => {
    const broken = vi.spyOn(env.JOBS, "getByName").mockImplementation(() => {
      throw new Error("secret detail");
    });
    const response = await post(JSON.stringify(aJobBody()));
    broken.mockRestore();
    expect(response.headers.get("x-request-id")).not.toBeNull();
    const text = await response.clone().text();
    expect(text).not.toContain("secret detail");
    await expectEnvelope(response, 500, "internal_error");
  });

  it("stores no credential, input URL or webhook URL in the clear", async () => {
    const { id } = await createJob(account, {
      storage: {
        service: "s3",
        region: "us-east-1",
        bucket: "bucket",
        credentials: { access_key_id: "AKIDCANARY", secret_access_key: "SECRETCANARY" },
      },
    });
    const dump = await runInDurableObject(env.JOBS.getByName(id), (_, state) =>
      ["record", "task", "outbox", "delivery", "metadata", "secret"].map((table) =>
        JSON.stringify(state.storage.sql.exec(`SELECT * FROM ${table}`).toArray(), (_key, value) =>
          value instanceof ArrayBuffer ? new TextDecoder("latin1").decode(value) : value,
        ),
      ),
    );
    expect(dump.join("\n")).toContain("bucket");
    for (const canary of ["AKIDCANARY", "SECRETCANARY", "signature=hush", "token=hush"]) {
      expect(dump.join("\n")).not.toContain(canary);
    }
  });
});

describe("GET /v2/jobs/:id", () => {
  it("does not find a job of another account, an invented id or nonsense, all with the same answer", async () => {
    const { id } = await createJob(account);
    const stranger = await anAccount();
    const answers = await Promise.all([
      as(stranger, `/v2/jobs/${id}`),
      as(account, "/v2/jobs/AAAAAAAAAAAAAA"),
      as(account, "/v2/jobs/undefined"),
      as(account, `/v2/jobs/${id}x`),
      as(stranger, `/v2/jobs/${id}/progress`),
      as(stranger, `/v2/metadata/jobs/${id}`),
    ]);
    const bodies = await Promise.all(answers.map((answer) => answer.clone().text()));
    expect(new Set(bodies).size).toBe(1);
    for (const answer of answers) {
      await expectEnvelope(answer, 404, "not_found");
    }
  });

  it("writes nothing when an invented id is asked for", async () => {
    await as(account, "/v2/jobs/BBBBBBBBBBBBBB");
    const tables = await runInDurableObject(env.JOBS.getByName("BBBBBBBBBBBBBB"), (_, state) =>
      state.storage.sql.exec("SELECT name FROM sqlite_master").toArray(),
    );
    expect(tables).toEqual([]);
  });
});

describe("COCONUT_QUIRKS", () => {
  const withQuirks = async (path: string, quirks: string, init: RequestInit = {}) => {
    const headers = { authorization: account.authorization };
    const request = new Request(`https://copra.test${path}`, { ...init, headers });
    return newApp().fetch(request, { ...env, COCONUT_QUIRKS: quirks }, createExecutionContext());
  };

  it("empty_404 answers 404 under /v2 without a body", async () => {
    for (const path of ["/v2/jobs/AAAAAAAAAAAAAA", "/v2/metadata/jobs/AAAAAAAAAAAAAA/input", "/v2/nothing"]) {
      const response = await withQuirks(path, "baseline,empty_404");
      expect(response.status).toBe(404);
      expect(response.headers.get("content-type")).toBeNull();
      expect(await response.text()).toBe("");
    }
    await expectEnvelope(await withQuirks("/nothing", "empty_404"), 404, "not_found");
    await expectEnvelope(await withQuirks("/v2/jobs/AAAAAAAAAAAAAA", ""), 404, "not_found");
  });

  it("baseline is part of the jobs that are made under it", async () => {
    const body = JSON.stringify(aJobBody());
    const response = await withQuirks("/v2/jobs", "baseline", { method: "POST", body });
    const { id } = await response.json<{ id: string }>();
    const record = await runInDurableObject(env.JOBS.getByName(id), (_, state) =>
      JSON.stringify(state.storage.sql.exec("SELECT * FROM record").toArray()),
    );
    expect(record).toContain('\\"profile\\":\\"baseline\\"');
    expect(record).toContain('\\"level\\":30');
  });

  it("with a name that does not exist makes no job", async () => {
    const body = JSON.stringify(aJobBody());
    await expectEnvelope(
      await withQuirks("/v2/jobs", "baselin", { method: "POST", body }),
      500,
      "internal_error",
    );
  });
});

describe("GET /v2/jobs/:id/progress", () => {
  it("gives one number per output, and what the time went into as far as it is known", async () => {
    const { id } = await createJob(account);
    expect(await (await as(account, `/v2/jobs/${id}/progress`)).json()).toEqual({
      id,
      status: "job.starting",
      progress: "0%",
      input: { status: "input.starting", progress: "0%" },
      outputs: [
        { key: "mp4:720p", type: "video", format: "mp4:720p", status: "video.waiting", progress: "0%" },
      ],
      timings: {
        queue: null,
        fetch: null,
        encode: null,
        assemble: null,
        upload: null,
        first_frame: null,
        total: null,
      },
    });
  });
});

describe("GET /v2/metadata/jobs/:id", () => {
  it("answers at once, with and without a trailing slash, with what is known", async () => {
    const { id } = await createJob(account);
    for (const path of [`/v2/metadata/jobs/${id}`, `/v2/metadata/jobs/${id}/`]) {
      const response = await as(account, path);
      expect(response.status).toBe(200);
      expect(await response.json()).toEqual({ job_id: id, metadata: { outputs: [] } });
    }
  });

  it("answers 404 for a key that is unknown or has nothing yet", async () => {
    const { id } = await createJob(account);
    for (const key of ["input", "mp4:720p", "mp4:720p::quality=4,maxrate=1k"]) {
      await expectEnvelope(await as(account, `/v2/metadata/jobs/${id}/${key}`), 404, "not_found");
    }
  });
});

describe("everything else", () => {
  it("answers 404 in JSON for a path that does not exist", async () => {
    await expectEnvelope(await as(account, "/v2/nothing"), 404, "not_found");
    await expectEnvelope(await request("/"), 404, "not_found");
  });

  it("says that it is healthy, and that it is Copra", async () => {
    expect(await (await request("/health")).json()).toEqual({ service: "copra", status: "ok" });
  });
});
