/**
 * Which addresses a customer's URL may lead to. One list for both sides: the Worker refuses literal addresses
 * and reserved names when a job is made, the encoder checks every address that a name resolves to.
 */
import ipaddr from "ipaddr.js";

/** Names that never belong to the public internet (RFC 6761, RFC 8375, cloud metadata services). */
const RESERVED_SUFFIXES = [
  "localhost",
  "local",
  "internal",
  "lan",
  "intranet",
  "home.arpa",
  "test",
  "invalid",
  "onion",
];

/** Ranges of IPv4 that ipaddr.js calls unicast but that lead to a provider's own services. */
const EXTRA_FORBIDDEN_V4 = ["192.0.0.0/24", "198.18.0.0/15", "100.100.100.200/32"].map((cidr) =>
  ipaddr.IPv4.parseCIDR(cidr),
);

/** All that is globally routable of IPv6; outside it, `::7f00:1` and its like still reach IPv4 on some systems. */
const GLOBAL_UNICAST_V6 = ipaddr.IPv6.parseCIDR("2000::/3");

/**
 * True for a globally routable unicast address. IPv6 forms that embed an IPv4 address (mapped, NAT64, 6to4,
 * Teredo) are refused altogether: nothing public needs them and each is a way around the IPv4 list.
 */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) {
    return false;
  }
  const parsed = ipaddr.parse(address);
  if (parsed.range() !== "unicast") {
    return false;
  }
  return parsed instanceof ipaddr.IPv4
    ? !EXTRA_FORBIDDEN_V4.some((range) => parsed.match(range))
    : parsed.match(GLOBAL_UNICAST_V6);
}

/**
 * Judges a URL's `hostname` as the WHATWG parser gives it (it has already folded octal, hex, decimal, full-width
 * and percent-encoded forms). True means "may be public": a name still has to be checked when it resolves.
 */
export function isPublicHostname(hostname: string): boolean {
  const host = hostname
    .replace(/^\[|\]$/g, "")
    .replace(/\.$/, "")
    .toLowerCase();
  if (ipaddr.isValid(host)) {
    return isPublicAddress(host);
  }
  return (
    host.includes(".") && !RESERVED_SUFFIXES.some((suffix) => host === suffix || host.endsWith(`.${suffix}`))
  );
}
