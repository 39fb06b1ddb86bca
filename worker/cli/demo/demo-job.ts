/** The one job of the demo: what a site that shows videos would ask for. */

/** The request body of `POST /v2/jobs`. */
export function demoJobRequest(urls: { inputUrl: string; webhookUrl: string }): Record<string, unknown> {
  return {
    input: { url: urls.inputUrl },
    storage: { service: "coconut" },
    notification: { type: "http", url: urls.webhookUrl, events: true, metadata: true },
    outputs: {
      "mp4:480p": { path: "/mp4/480p.mp4" },
      // Nothing is enlarged: an output whose condition is false is skipped.
      "mp4:720p": { path: "/mp4/720p.mp4", if: "{{ input.width }} >= 1280" },
      "mp4:2160p": { path: "/mp4/2160p.mp4", if: "{{ input.width }} >= 3840" },
      "jpg:320x": { path: "/thumbnails/%.2d.jpg", number: 4 },
      httpstream: { hls: { path: "/hls" } },
    },
  };
}
