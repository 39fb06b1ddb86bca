import { describe, expect, it } from "vitest";
import { isPublicAddress, isPublicHostname } from "../../../../encoder/contract/public-address.ts";

/** What a customer may write as a host, grouped by the trick. The WHATWG parser sees it first, as everywhere. */
const HOSTILE_URLS = {
  loopback: [
    "http://127.0.0.1/",
    "http://127.0.0.1:8080/v.mp4",
    "http://127.255.255.254/",
    "http://user:pass@127.0.0.1/",
    "http://example.com@127.0.0.1/",
    "http://127.0.0.1#@example.com/",
    "http://127.0.0.1./",
    "http://[::1]/",
    "http://[0:0:0:0:0:0:0:1]/",
    "http://[0000::0001]/",
  ],
  "other spellings of IPv4": [
    "http://2130706433/",
    "http://0x7f000001/",
    "http://0x7f.1/",
    "http://0x7F.0x0.0x0.0x1/",
    "http://0177.0.0.1/",
    "http://017700000001/",
    "http://127.1/",
    "http://127.0.1/",
    "http://127.0x00.1/",
    "http://%31%32%37.0.0.1/",
    "http://127%2e0%2e0%2e1/",
    "http://127。0。0。1/",
    "http://\uff11\uff12\uff17.0.0.1/",
    "http://①②⑦.⓪.⓪.①/",
    "http://0/",
    "http://0x0/",
    "http://0.0.0.0/",
    "http://00.00.00.00/",
    "http://0300.0250.0.1/",
    "http://0xc0a80101/",
    "http://3232235777/",
    "http://0xA9FEA9FE/",
    "http://2852039166/",
    "http://0251.0376.0251.0376/",
    "http://169.254.43518/",
  ],
  "private and special IPv4": [
    "http://0.1.2.3/",
    "http://10.0.0.1/",
    "http://10.255.255.255/",
    "http://100.64.0.1/",
    "http://100.127.255.254/",
    "http://100.100.100.200/",
    "http://169.254.0.1/",
    "http://169.254.169.254/latest/meta-data/",
    "http://169.254.170.2/",
    "http://172.16.0.1/",
    "http://172.31.255.255/",
    "http://192.0.0.1/",
    "http://192.0.0.192/",
    "http://192.0.2.1/",
    "http://192.168.0.1/",
    "http://192.168.255.255/",
    "http://198.18.0.1/",
    "http://198.19.255.255/",
    "http://198.51.100.7/",
    "http://203.0.113.9/",
    "http://224.0.0.1/",
    "http://239.255.255.250/",
    "http://240.0.0.1/",
    "http://255.255.255.255/",
  ],
  "private and special IPv6": [
    "http://[::]/",
    "http://[fc00::1]/",
    "http://[fd00:ec2::254]/",
    "http://[fdff:ffff::1]/",
    "http://[fe80::1]/",
    "http://[febf::1]/",
    "http://[fec0::1]/",
    "http://[ff02::1]/",
    "http://[ff0e::1]/",
    "http://[100::1]/",
    "http://[2001:db8::1]/",
    "http://[2001:10::1]/",
    "http://[2001:2::1]/",
    "http://[3fff::1]/",
    "http://[5f00::1]/",
  ],
  "IPv4 inside IPv6": [
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:7f00:1]/",
    "http://[0:0:0:0:0:ffff:7f00:0001]/",
    "http://[::ffff:169.254.169.254]/",
    "http://[::ffff:8.8.8.8]/",
    "http://[::127.0.0.1]/",
    "http://[::7f00:1]/",
    "http://[::a9fe:a9fe]/",
    "http://[::ffff:0:127.0.0.1]/",
    "http://[64:ff9b::127.0.0.1]/",
    "http://[64:ff9b::a9fe:a9fe]/",
    "http://[64:ff9b:1::7f00:1]/",
    "http://[2002:7f00:1::]/",
    "http://[2002:a9fe:a9fe::1]/",
    "http://[2001:0:7f00:1::1]/",
    "http://[2001:0:4136:e378:8000:63bf:80ff:fffe]/",
  ],
  "names that are never public": [
    "http://localhost/",
    "http://LOCALHOST/",
    "http://localhost./",
    "http://api.localhost/",
    "http://ⓛocalhost/",
    "http://intranet/",
    "http://metadata/",
    "http://metadata.google.internal/computeMetadata/v1/",
    "http://METADATA.GOOGLE.INTERNAL./",
    "http://instance-data.ec2.internal/",
    "http://printer.local/",
    "http://nas.lan/",
    "http://wiki.intranet/",
    "http://router.home.arpa/",
    "http://service.test/",
    "http://nothing.invalid/",
    "http://abcdefghij.onion/",
  ],
} as const;

describe("isPublicHostname", () => {
  for (const [trick, urls] of Object.entries(HOSTILE_URLS)) {
    it.each(urls)(`refuses ${trick}: %s`, (url) => {
      const parsed = URL.parse(url);
      // A URL that the parser refuses cannot be requested at all.
      expect(parsed === null || !isPublicHostname(parsed.hostname)).toBe(true);
    });
  }

  it.each([
    "https://example.com/",
    "https://bücher.example/",
    "https://8.8.8.8/",
    "https://1.1.1.1/",
    "https://172.32.0.1/",
    "https://100.128.0.1/",
    "https://[2606:4700:4700::1111]/",
    "https://[2a00:1450:4001:830::200e]/",
    "https://localhost.example.com/",
    "https://internal.example.com/",
  ])("lets a public host pass: %s", (url) => {
    expect(isPublicHostname(new URL(url).hostname)).toBe(true);
  });
});

describe("isPublicAddress", () => {
  it.each(["", "example.com", "127.0.0.1", "fe80::1%eth0", "::ffff:8.8.8.8", "256.1.1.1"])(
    "refuses what is no public address: %j",
    (address) => {
      expect(isPublicAddress(address)).toBe(false);
    },
  );
});
