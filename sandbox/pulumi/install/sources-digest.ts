import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { repository } from "../../lib/places";

/** What a bundle of ours depends on: our sources and the versions of all packages. */
export function sourcesDigest(): string {
  const folder = join(__dirname, "..", "src");
  const hash = createHash("sha256").update(readFileSync(join(repository, "package-lock.json")));
  for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" }).sort()) {
    const file = join(folder, name);
    if (statSync(file).isFile()) hash.update(`${name}\n`).update(readFileSync(file));
  }
  return hash.update(readFileSync(join(__dirname, "install-program.ts"))).digest("hex");
}
