import { existsSync } from "node:fs";
import { join } from "node:path";

/**
 * Whether the project is a checkout of Berth, or a clone of one, and not a team's own that has Berth as a package. States of checkouts
 * name files of Berth by their places in it, which therefore stay; those of others name exports of the package.
 */
export function isOwnCheckout(): boolean {
  return existsSync(join(process.cwd(), "components", "module-provider.cjs"));
}
