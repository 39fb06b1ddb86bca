/**
 * The dialer for addresses that customers choose. It resolves a name once, refuses it when any of its addresses
 * is not public, and connects to exactly the addresses that were checked, so a name server that changes its
 * answer gains nothing. Proxies of the environment are not honoured: they would dial unchecked.
 */
import dns from "node:dns/promises";
import type { LookupAddress } from "node:dns";
import net, { type LookupFunction } from "node:net";
import { Agent, buildConnector } from "undici";
import { isPublicAddress, isPublicHostname } from "../contract/public-address.ts";

const ADDRESS_FORBIDDEN = "COPRA_ADDRESS_FORBIDDEN";

export type DialerOptions = {
  /** Only on a laptop: dials loopback and private addresses too. */
  allowPrivateNetwork: boolean;
  connectTimeoutMs?: number;
  /** All addresses of a name; the system's resolver unless given. */
  resolveAll?: (hostname: string) => Promise<LookupAddress[]>;
  /** Judges a literal or resolved address. */
  isAllowed?: (address: string) => boolean;
};

/**
 * An undici dispatcher. A request to a forbidden address rejects with an error for which `isAddressForbidden`
 * is true, before anything is sent.
 */
export function createPublicDialer(options: DialerOptions): Agent {
  const timeout = options.connectTimeoutMs ?? 10_000;
  // HTTP/2 multiplexes transfers over one socket: one stalled source would stall its neighbours.
  const common = { timeout, allowH2: false } as const;
  if (options.allowPrivateNetwork) {
    return new Agent({ allowH2: false, connect: common });
  }
  const isAllowed = options.isAllowed ?? isPublicAddress;
  const connector = buildConnector({
    ...common,
    lookup: checkedLookup(options.resolveAll ?? resolveAll, isAllowed),
  });
  return new Agent({
    allowH2: false,
    connect: (target, callback) => {
      // A literal address never reaches the lookup, so it is judged here; so are names like `localhost`.
      const host = target.hostname.replace(/^\[|\]$/g, "");
      if (net.isIP(host) === 0 ? isPublicHostname(host) : isAllowed(host)) {
        connector(target, callback);
      } else {
        callback(addressForbidden(), null);
      }
    },
  });
}

/** True for the rejection of a forbidden address, also as the cause of another error. */
export function isAddressForbidden(error: unknown): boolean {
  return (
    error instanceof Error &&
    (("code" in error && error.code === ADDRESS_FORBIDDEN) || isAddressForbidden(error.cause))
  );
}

function addressForbidden(): Error {
  return Object.assign(new Error("the address is not public"), { code: ADDRESS_FORBIDDEN });
}

function resolveAll(hostname: string): Promise<LookupAddress[]> {
  return dns.lookup(hostname, { all: true });
}

/** A `lookup` for net.connect that hands out an answer only when every address in it is allowed. */
function checkedLookup(
  resolve: (hostname: string) => Promise<LookupAddress[]>,
  isAllowed: (address: string) => boolean,
): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname).then(
      (addresses) => {
        const first = addresses[0];
        if (first === undefined || !addresses.every((entry) => isAllowed(entry.address))) {
          callback(addressForbidden(), []);
        } else if (options.all) {
          callback(null, addresses);
        } else {
          callback(null, first.address, first.family);
        }
      },
      (error: unknown) => callback(error instanceof Error ? error : new Error(String(error)), []),
    );
  };
}
