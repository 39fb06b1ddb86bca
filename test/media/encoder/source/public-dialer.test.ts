import type { LookupAddress } from "node:dns";
import { afterEach, describe, expect, it } from "vitest";
import { request } from "undici";
import {
  createPublicDialer,
  type DialerOptions,
  isAddressForbidden,
} from "../../../../encoder/source/public-dialer.ts";
import { type LocalServer, startLocalServer } from "../../../support/local-server.ts";
import { failureOf, startSourceRig } from "../../../support/source-rig.ts";

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  await Promise.all(cleanups.splice(0).map((cleanup) => cleanup()));
});

async function serve(host?: string): Promise<LocalServer & { port: string }> {
  const server = await startLocalServer((_, response) => void response.end("secret"), host);
  cleanups.push(server.close);
  return { ...server, port: new URL(server.origin).port };
}

function dial(options: Partial<DialerOptions> = {}) {
  const dispatcher = createPublicDialer({ allowPrivateNetwork: false, ...options });
  cleanups.push(() => dispatcher.destroy());
  return dispatcher;
}

const answer = (...addresses: string[]) => {
  const entries: LookupAddress[] = addresses.map((address) => ({
    address,
    family: address.includes(":") ? 6 : 4,
  }));
  return () => Promise.resolve(entries);
};

const fate = (url: string, options: Partial<DialerOptions> = {}): Promise<string> =>
  request(url, { dispatcher: dial(options) }).then(
    (reply) => reply.body.text(),
    (error: unknown) => (isAddressForbidden(error) ? "forbidden" : String(error)),
  );

describe("createPublicDialer", () => {
  it.each(["127.0.0.1", "127.1", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]", "[::1]", "localhost", "0"])(
    "refuses http://%s/ before anything is sent",
    async (host) => {
      const server = await serve();
      expect(await fate(`http://${host}:${server.port}/`)).toBe("forbidden");
      expect(server.requests).toEqual([]);
    },
  );

  it("refuses a public name that resolves to a private address", async () => {
    const server = await serve();
    const resolveAll = answer("127.0.0.1");
    expect(await fate(`http://media.example.com:${server.port}/`, { resolveAll })).toBe("forbidden");
    expect(server.requests).toEqual([]);
  });

  it.each([
    ["8.8.8.8", "127.0.0.1"],
    ["127.0.0.1", "8.8.8.8"],
    ["2606:4700:4700::1111", "::1"],
  ])("refuses a name of which one address is private: %s, %s", async (...addresses) => {
    expect(await fate("http://media.example.com/", { resolveAll: answer(...addresses) })).toBe("forbidden");
  });

  it("refuses a name without addresses", async () => {
    expect(await fate("http://media.example.com/", { resolveAll: answer() })).toBe("forbidden");
  });

  it("checks https as it checks http", async () => {
    expect(await fate("https://127.0.0.1/")).toBe("forbidden");
    expect(await fate("https://media.example.com/", { resolveAll: answer("10.0.0.1") })).toBe("forbidden");
  });

  it("connects to the address that was checked, even if the name answers otherwise a moment later", async () => {
    const checked = await serve("127.0.0.2");
    let answers = 0;
    const resolveAll = (): Promise<LookupAddress[]> => {
      answers += 1;
      return Promise.resolve([{ address: answers === 1 ? "127.0.0.2" : "127.0.0.1", family: 4 }]);
    };
    // 127.0.0.2 stands for the public address here, and 127.0.0.1 for the private one.
    const isAllowed = (address: string): boolean => address === "127.0.0.2";
    const url = `http://media.example.com:${checked.port}/`;
    const dispatcher = dial({ resolveAll, isAllowed });
    expect(await (await request(url, { dispatcher })).body.text()).toBe("secret");
    expect(checked.requests[0]?.headers.host).toBe(`media.example.com:${checked.port}`);
    expect(answers).toBe(1);
    expect(await fate(url, { resolveAll, isAllowed })).toBe("forbidden");
  });

  it("does not use a proxy of the environment", async () => {
    const proxy = await serve();
    const before = { ...process.env };
    Object.assign(process.env, {
      HTTP_PROXY: proxy.origin,
      http_proxy: proxy.origin,
      NODE_USE_ENV_PROXY: "1",
    });
    try {
      expect(await fate("http://media.example.com/", { resolveAll: answer("10.0.0.1") })).toBe("forbidden");
      expect(proxy.requests).toEqual([]);
    } finally {
      process.env = before;
    }
  });

  it("dials loopback where private networks are allowed on purpose", async () => {
    const server = await serve();
    expect(await fate(server.origin, { allowPrivateNetwork: true })).toBe("secret");
  });

  it("refuses a redirect from a permitted host to a private address", async () => {
    const inner = await serve("127.0.0.1");
    const outer = await startLocalServer((_, response) => {
      response.writeHead(302, { location: `${inner.origin}/latest/meta-data/` }).end();
    }, "127.0.0.2");
    const rig = await startSourceRig({
      dispatcher: dial({ isAllowed: (address) => address === "127.0.0.2" }),
    });
    cleanups.push(outer.close, rig.close);
    expect(await failureOf(rig.open(outer.origin))).toEqual({ code: "source_address_forbidden" });
    expect(outer.requests).toHaveLength(1);
    expect(inner.requests).toEqual([]);
  });
});
