/** Makes sure that the browser of this tier is there: `node test/browser/install-browser.ts`. */
import { installPackages } from "../support/install-packages.ts";

await installPackages({ chromium: "/usr/bin/chromium" });
