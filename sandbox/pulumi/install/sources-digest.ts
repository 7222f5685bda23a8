import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { repository, SOURCE } from "../../lib/places";

/** What a bundle of ours depends on: our sources and the versions of the packages in it. */
export function sourcesDigest(): string {
  const folder = join(__dirname, "..", "src");
  const hash = createHash("sha256").update(packageVersions());
  for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" }).sort()) {
    const file = join(folder, name);
    if (statSync(file).isFile()) hash.update(`${name}\n`).update(readFileSync(file));
  }
  return hash.update(readFileSync(join(__dirname, `install-program${SOURCE}`))).digest("hex");
}

/** All of a checkout's, as its lock has them; in the package those that it asks for, as they are installed. */
function packageVersions(): string {
  const lock = join(repository, "package-lock.json");
  if (existsSync(lock)) return readFileSync(lock, "utf8");
  const own = createRequire(join(repository, "main.cjs"));
  const names: string[] = Object.keys(own("./package.json").dependencies);
  return names.map((name) => `${name} ${own(`${name}/package.json`).version}\n`).join("");
}
