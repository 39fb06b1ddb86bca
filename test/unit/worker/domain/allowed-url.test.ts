import { describe, expect, it } from "vitest";
import { checkUrl, isAllowedUrl } from "../../../../worker/domain/allowed-url.ts";

const inProduction = { allowPrivateNetwork: false };
const onALaptop = { allowPrivateNetwork: true };

const HOSTILE = [
  ...["http://127.0.0.1/", "http://127.1/", "http://2130706433/", "http://0x7f.1/", "http://0177.0.0.1/"],
  ...["http://localhost/", "http://LOCALHOST./", "http://a.localhost/", "http://0.0.0.0/", "http://[::1]/"],
  ...[
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:7f00:1]/",
    "http://[64:ff9b::7f00:1]/",
    "http://[2002:7f00:1::]/",
  ],
  ...[
    "http://10.0.0.1/",
    "http://172.16.0.1/",
    "http://192.168.1.1/",
    "http://169.254.169.254/",
    "http://100.64.0.1/",
  ],
  ...[
    "http://100.100.100.200/",
    "http://198.18.0.1/",
    "http://224.0.0.1/",
    "http://240.0.0.1/",
    "http://[fd00:ec2::254]/",
  ],
  ...[
    "http://[fe80::1]/",
    "http://metadata.google.internal/",
    "http://printer.local/",
    "http://intranet/",
    "http://nas.lan/",
  ],
  ...["http://①②⑦.0.0.1/", "http://127。0。0。1/", "http://%31%32%37.0.0.1/", "http://user:pass@127.0.0.1/"],
  ...["http:\\\\127.0.0.1/", "http:///127.0.0.1/", "http:127.0.0.1"],
];

describe("checkUrl", () => {
  it.each([
    "https://media.example.com/source.mp4",
    "HTTPS://Media.Example.com:8443/a%20b.mp4?X-Amz-Signature=abc",
    "http://user:pass@media.example.com/source.mp4",
    "https://media.example.com/with blank.mp4",
    " https://media.example.com/source.mp4\n",
    "http://93.184.216.34/a",
    "https://münchen.example.com/",
  ])("accepts %j", (text) => {
    expect(checkUrl(text, inProduction)).toMatchObject({ ok: true });
    expect(isAllowedUrl(text, false)).toBe(true);
  });

  it.each(HOSTILE)("refuses %s in production", (text) => {
    expect(checkUrl(text, inProduction)).toMatchObject({ ok: false });
    expect(isAllowedUrl(text, false)).toBe(false);
  });

  it.each(["http://127.0.0.1:9000/", "http://localhost/", "http://192.168.1.1/"])(
    "accepts %s on a laptop",
    (text) => {
      expect(checkUrl(text, onALaptop)).toMatchObject({ ok: true });
      expect(isAllowedUrl(text, true)).toBe(true);
    },
  );

  it.each([
    ["notvalidurl", "is not a valid URL"],
    ["", "is not a valid URL"],
    ["http://", "is not a valid URL"],
    ["https://exa\nmple.com/", "is not a valid URL"],
    ["//media.example.com/a", "is not a valid URL"],
    ["media.example.com/a", "is not a valid URL"],
    ["javascript:alert(1)", "is not a valid URL"],
    ["data:video/mp4;base64,AAAA", "is not a valid URL"],
    ["file:///etc/passwd", "must start with http:// or https://"],
    ["gopher://media.example.com/", "must start with http:// or https://"],
    ["s3://bucket/key", "must start with http:// or https://"],
    ["ftp://user:pass@media.example.com/a", "is an ftp address, which is not supported yet"],
    ["SFTP://media.example.com/a", "is an sftp address, which is not supported yet"],
    [`https://media.example.com/${"a".repeat(2048)}`, "must be at most 2048 characters long"],
  ])("refuses %j: it %s", (text, rule) => {
    expect(checkUrl(text, onALaptop)).toEqual({ ok: false, rule });
  });
});
