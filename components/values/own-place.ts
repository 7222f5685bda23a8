import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

/** Where Berth's own code lies: the root of a checkout, or `dist` of the package. */
export const codeRoot = join(__dirname, "..", "..");

/** As its package has it. */
export const ownVersion = (): string =>
  createRequire(join(codeRoot, "index.js"))("berth/package.json").version;

/** What makes it that version or a newer one. */
export function ownUpdate(version: string): string {
  return existsSync(join(codeRoot, "tsconfig.json"))
    ? `cd ${codeRoot} && git pull && npm ci`
    : `npm install berth@^${version} # from the registry of your .npmrc: npm's own berth is somebody else's`;
}
