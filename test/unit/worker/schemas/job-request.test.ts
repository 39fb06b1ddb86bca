import { describe, expect, it } from "vitest";
import { parseJobRequest } from "../../../../worker/schemas/job-request.ts";
import { aBody, anS3Storage, inProduction, refusalOfBody } from "../../../support/request-bodies.ts";

const parse = (body: unknown) => parseJobRequest(body, inProduction());

describe("parseJobRequest", () => {
  it("splits a body into a job and its secrets", () => {
    const { spec, secrets } = parse(
      aBody({
        settings: { ultrafast: true },
        input: { url: "https://user:pass@media.example.com/a%20b.mp4?X-Amz-Signature=abc#t=1" },
        storage: anS3Storage({ path: "/out/", acl: "private" }),
        notification: {
          type: "http",
          url: "https://app.example.com/hook?token=t",
          events: true,
          params: { id: 7 },
        },
      }),
    );
    expect(spec).toEqual({
      ultrafast: true,
      input: { displayUrl: "https://media.example.com/a%20b.mp4" },
      storage: {
        service: "s3",
        endpoint: "https://s3.us-east-1.amazonaws.com",
        region: "us-east-1",
        bucket: "mybucket",
        addressing: "virtual-host",
        path: "/out/",
        secure: true,
        objectHeaders: { "x-amz-acl": "private" },
      },
      notification: { events: true, metadata: false },
      outputs: [expect.objectContaining({ key: "mp4", format: "mp4", type: "video", path: "/video.mp4" })],
    });
    expect(secrets).toEqual({
      inputUrl: "https://user:pass@media.example.com/a%20b.mp4?X-Amz-Signature=abc",
      notificationUrl: "https://app.example.com/hook?token=t&id=7",
      watermarkUrls: [],
      subtitleUrls: [],
      streamKeys: [],
      storageCredentials: { accessKeyId: "AKIAEXAMPLE", secretAccessKey: "s3cr3t-canary" },
    });
  });

  it("keeps every secret out of the job", () => {
    const { spec } = parse(
      aBody({
        input: { url: "https://canary:canary@media.example.com/a.mp4?canary=canary#canary" },
        storage: anS3Storage({ credentials: { access_key_id: "canary", secret_access_key: "canary" } }),
        notification: { url: "https://app.example.com/canary?canary", params: { canary: "canary" } },
      }),
    );
    expect(JSON.stringify(spec)).not.toContain("canary");
  });

  it("takes the body that every SDK's own test suite sends", () => {
    const { spec } = parse({
      input: { url: "https://s3-eu-west-1.amazonaws.com/files.coconut.co/bbb_800k.mp4" },
      storage: anS3Storage({ path: "/coconutjs/tests/" }),
      notification: { type: "http", url: "https://app.coconut.co/tests/webhook" },
      outputs: { mp4: { path: "/video.mp4", duration: 1 } },
    });
    expect(spec.outputs).toMatchObject([{ key: "mp4", offsetSeconds: 0, durationSeconds: 1 }]);
  });

  it("takes the API page's samples: preventing upscaling", () => {
    const outputs = Object.fromEntries(
      [
        ["360p", 480],
        ["480p", 720],
        ["720p", 1280],
        ["1080p", 1920],
        ["2160p", 3840],
      ].map(([name, width]) => [
        `mp4:${name}::quality=4`,
        { key: `mp4:${name}`, path: `/mp4/${name}/video.mp4`, if: `{{ input.width }} >= ${width}` },
      ]),
    );
    const { spec } = parse(aBody({ outputs }));
    expect(spec.outputs.map(({ key, format }) => [key, format])).toEqual([
      ["mp4:360p", "mp4:360p::quality=4"],
      ["mp4:480p", "mp4:480p::quality=4"],
      ["mp4:720p", "mp4:720p::quality=4"],
      ["mp4:1080p", "mp4:1080p::quality=4"],
      ["mp4:2160p", "mp4:2160p::quality=4"],
    ]);
  });

  it("takes the API page's samples: one key and path for portrait and landscape", () => {
    const { spec } = parse(
      aBody({
        outputs: {
          "mp4:x1024::quality=3": {
            key: "mp4",
            path: "video.mp4",
            if: "({{ input.rotation }} = 0 or {{ input.rotation }} = 180) and {{ input.width }} > {{ input.height }}",
          },
          "mp4:1024x::quality=3": {
            key: "mp4",
            path: "video.mp4",
            if: "(({{ input.rotation }} = 90 or {{ input.rotation }} = 270) and {{ input.width }} > {{ input.height }}) or {{ input.height }} > {{ input.width }}",
          },
        },
      }),
    );
    expect(spec.outputs.map((output) => output.key)).toEqual(["mp4", "mp4"]);
  });

  it("takes the API page's samples: one format several times", () => {
    const { spec } = parse(
      aBody({
        outputs: {
          "mp4:::quality=4": [
            { key: "mp4:trailer", path: "trailer.mp4", duration: 60 },
            { key: "mp4", path: "video.mp4" },
          ],
          "jpg:400x": [
            { key: "jpg:reg", path: "thumb_%.2d.jpg", number: 10 },
            { path: "thumb_sq_%.2d.jpg", number: 4 },
          ],
        },
      }),
    );
    expect(spec.outputs.map((output) => output.key)).toEqual(["mp4:trailer", "mp4", "jpg:reg", "jpg:400x:2"]);
  });

  it("treats Go's nulls as absent in every section", () => {
    const { spec } = parse({
      settings: null,
      input: { url: "https://media.example.com/a.mp4", service: null, metadata: null },
      storage: anS3Storage({ path: null, acl: null, secure: null, endpoint: null, service: "s3" }),
      notification: {
        type: null,
        url: "https://app.example.com/hook",
        params: null,
        events: null,
        metadata: null,
      },
      outputs: {
        mp4: {
          path: "/a.mp4",
          key: null,
          if: null,
          offset: null,
          duration: null,
          format: null,
          watermark: null,
        },
        "jpg:300x": { path: "/a.jpg", number: null, offsets: null, interval: null, sprite: null },
        httpstream: {
          path: null,
          hls: { path: "/hls", version: null },
          dash: null,
          variants: null,
          playlist_name: null,
        },
      },
      subtitles: null,
    });
    expect(spec.outputs).toHaveLength(3);
    expect(spec.notification).toEqual({ events: false, metadata: false });
  });

  it("treats PHP's empty lists as empty objects where an object is expected", () => {
    const { spec } = parse(
      aBody({
        settings: [],
        notification: { type: "http", url: "https://app.example.com/hook", params: [] },
        outputs: { mp4: { path: "/a.mp4", format: [] } },
      }),
    );
    expect(spec.ultrafast).toBe(false);
  });

  it("ignores unknown settings and unknown sections, as Coconut does", () => {
    expect(
      parse(aBody({ settings: { priority: 3 }, subtitles: {}, api_version: "2021-001" })).spec.ultrafast,
    ).toBe(false);
  });

  it.each([null, undefined, "text", 5, true, [], [{}]])("refuses the body %j, which is no object", (body) => {
    expect(refusalOfBody(body).code).toBe("json_not_valid");
  });

  it.each([
    [{}, "input_not_valid"],
    [{ outputs: [], storage: {}, notification: {} }, "input_not_valid"],
    [{ input: { url: "notvalidurl" } }, "input_url_not_valid"],
    [{ input: { url: "notvalidurl" }, storage: anS3Storage({ bucket: null }) }, "input_url_not_valid"],
    [aBody({ storage: undefined, notification: 1, outputs: 1 }), "storage_not_valid"],
    [aBody({ notification: 1, outputs: 1 }), "notification_not_valid"],
    [aBody({ outputs: 1, settings: 1 }), "outputs_not_valid"],
    [aBody({ settings: 1 }), "settings_not_valid"],
  ])("checks input, storage, notification, outputs and settings in this order: %j", (body, code) => {
    expect(refusalOfBody(body).code).toBe(code);
  });

  it("counts all problems and tells the first in full, in Coconut's order", () => {
    const body = {
      settings: { ultrafast: 1 },
      outputs: {
        "mp4:hvec_721p:acc": { path: 5, format: { videocodec: "h264", fps: 26 }, durations: 3, if: "1 =" },
        "webm:h264": [{ path: "/a.webm" }, { path: "/b.webm", offset: -1 }],
        wbm: {},
        gif: { path: "/a.gif", scene: { number: 11, duration: 31 }, blur: 6 },
      },
      notification: { url: "nowhere", params: 3 },
      storage: anS3Storage({ bucket: "", region: "", acl: "none", typo: 1 }),
      input: { url: "nowhere" },
    };
    const { code, message } = refusalOfBody(body);
    expect(code).toBe("input_url_not_valid");
    expect(message).toBe(
      'input.url "nowhere" is not a valid URL. Give the http or https URL of a media file. This is the first of 21 problems found.',
    );
  });

  it("counts a mistake in an output's name once, however many outputs have the name", () => {
    const outputs = { "webm:h264": [1, 2, 3].map((number) => ({ path: `/${number}.webm` })) };
    expect(refusalOfBody(aBody({ outputs })).message).not.toContain("problems");
  });

  it("says nothing of problems where there is one", () => {
    expect(refusalOfBody(aBody({ input: undefined })).message).toBe("The job 'input' is not a valid object.");
  });

  it("survives hostile names", () => {
    const body = aBody({ outputs: JSON.parse('{"__proto__": {"path": "/a.mp4"}}') });
    expect(refusalOfBody(body).code).toBe("output_format_not_valid");
    const params = JSON.parse('{"mp4": {"path": "/a.mp4", "__proto__": {"key": "x"}}}');
    expect(refusalOfBody(aBody({ outputs: params })).code).toBe("output_param_not_valid");
    const storage = JSON.parse('{"service": "constructor"}');
    expect(refusalOfBody(aBody({ storage })).code).toBe("storage_service_not_valid");
  });
});
