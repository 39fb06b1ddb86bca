import { describe, expect, it } from "vitest";
import { readHlsPackage, referencedUrls } from "../../../../../worker/cli/demo/hls-package.ts";

const MASTER = `#EXTM3U
#EXT-X-VERSION:7
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="Audio",DEFAULT=YES,URI="audio/list.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=800000,RESOLUTION=640x360,CODECS="avc1.64001e,mp4a.40.2",AUDIO="a"
360p/list.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=2000000,RESOLUTION=1280x720,CODECS="avc1.64001f,mp4a.40.2",AUDIO="a"
720p/list.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=1200000,RESOLUTION=854x480,CODECS="avc1.64001f,mp4a.40.2",AUDIO="a"
480p/list.m3u8
`;

const MEDIA = `#EXTM3U\r
#EXT-X-MAP:URI="init.mp4"\r
#EXTINF:6.000,\r
0.m4s\r
#EXTINF:2.000,\r
1.m4s\r
#EXT-X-ENDLIST\r
`;

describe("readHlsPackage", () => {
  it("finds every object once, the number of variants and the largest picture", async () => {
    const read: string[] = [];
    const hls = await readHlsPackage("http://h/x/master.m3u8", async (url) => {
      read.push(url);
      return url.endsWith("master.m3u8") ? MASTER : MEDIA;
    });
    expect(hls.variantCount).toBe(3);
    expect(hls.largestResolution).toBe("1280x720");
    expect(read).toHaveLength(5);
    expect(hls.urls).toHaveLength(1 + 4 + 4 * 3);
    expect(hls.urls).toContain("http://h/x/audio/list.m3u8");
    expect(hls.urls).toContain("http://h/x/720p/init.mp4");
    expect(hls.urls).toContain("http://h/x/360p/1.m4s");
  });
});

describe("referencedUrls", () => {
  it("resolves against the playlist and leaves comments out", () => {
    expect(
      referencedUrls("#EXTM3U\n# a comment\n/abs.ts\nhttp://other/x.ts\n../up.ts\n", "http://h/a/b.m3u8"),
    ).toEqual(["http://h/abs.ts", "http://other/x.ts", "http://h/up.ts"]);
  });
});
