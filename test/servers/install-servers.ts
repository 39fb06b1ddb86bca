/**
 * Makes sure that the servers and the browser of this tier are there: `node test/servers/install-servers.ts`.
 */
import { installPackages } from "../support/install-packages.ts";

/** The Debian packages of the tier and a file of each that says it is there. */
const PACKAGES = {
  "swift-proxy": "/usr/bin/swift-proxy-server",
  "swift-account": "/usr/bin/swift-account-server",
  "swift-container": "/usr/bin/swift-container-server",
  "swift-object": "/usr/bin/swift-object-server",
  memcached: "/usr/bin/memcached",
  chromium: "/usr/bin/chromium",
};

await installPackages(PACKAGES);
