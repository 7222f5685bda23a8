import { createRequire } from "node:module";
import { join } from "node:path";

/** Where Berth's own code lies: the root of a checkout, or `dist` of the package. */
export const codeRoot = join(__dirname, "..", "..");

/** As its package has it. */
export const ownVersion = (): string =>
  createRequire(join(codeRoot, "index.js"))("berth/package.json").version;
