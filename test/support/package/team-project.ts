import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { takeCheckout } from "../stack/reader";
import { type Ran, root, run } from "../stack/sandbox";
import { pulumiEnvironment } from "../stack/sandbox-pulumi";
import type { NpmRegistry } from "./npm-registry";

/** The package as `npm pack` makes it of this checkout, down to what git doesn't know yet. */
export function packBerth(folder: string): string {
  const checkout = join(folder, "checkout");
  mkdirSync(checkout);
  takeCheckout(checkout);
  return npmPack(checkout, folder);
}

/** The sandbox's package, made of this checkout as well. @param folder where packBerth has made Berth's */
export function packSandbox(folder: string): string {
  const checkout = join(folder, "checkout");
  execFileSync("cp", ["-R", join(root, "sandbox"), checkout]);
  return npmPack(join(checkout, "sandbox"), folder);
}

/** The same package as another version. */
export function repack(tarball: string, version: string): string {
  const folder = mkdtempSync(join(dirname(tarball), "repack-"));
  execFileSync("tar", ["-xzf", tarball, "-C", folder]);
  const file = join(folder, "package", "package.json");
  const { scripts: _, ...manifest } = JSON.parse(readFileSync(file, "utf8"));
  writeFileSync(file, JSON.stringify({ ...manifest, version }));
  return npmPack(join(folder, "package"), dirname(tarball));
}

function npmPack(checkout: string, into: string): string {
  const args = ["pack", "--json", "--pack-destination", into];
  const [packed] = JSON.parse(execFileSync("npm", args, { cwd: checkout, encoding: "utf8", stdio: "pipe" }));
  return join(into, packed.filename);
}

/** A project as a team has it, with Berth from a tarball, in a path with spaces. */
export class TeamProject {
  readonly directory = mkdtempSync(join(tmpdir(), "berth package "));
  readonly path = join(this.directory, "the team's project");

  constructor() {
    mkdirSync(this.path);
    chmodSync(this.directory, 0o755); // for tests as another user
    this.write("package.json", JSON.stringify({ name: "deploy", private: true, type: "module" }));
  }

  /**
   * What the packages depend on is there already, as this checkout has it.
   * @param packages tarballs, without any network; names where there is a registry
   */
  install(packages: readonly string[], registry?: NpmRegistry): void {
    const there = join(this.path, "node_modules");
    const copy =
      '[ -e "$1" ] && exit; cp -al "$0" "$1" 2>/dev/null || { rm -rf "$1"; cp -a "$0" "$1"; }; ' +
      'rm -rf "$1"/berth* "$1"/@pulumi/gitlab "$1"/.[!.]*';
    execFileSync("sh", ["-c", copy, join(root, "node_modules"), there]);
    const quick = [
      registry ? "--prefer-offline" : "--offline",
      "--ignore-scripts",
      "--no-audit",
      "--no-fund",
    ];
    const env = registry ? registry.environment() : process.env;
    execFileSync("npm", ["install", ...quick, ...packages], { cwd: this.path, env, stdio: "pipe" });
  }

  write(file: string, text: string): void {
    mkdirSync(dirname(join(this.path, file)), { recursive: true });
    writeFileSync(join(this.path, file), text);
  }

  /** @param folder below the project */
  berth(args: readonly string[], env: NodeJS.ProcessEnv = process.env, folder = ""): Promise<Ran> {
    const bin = join(this.path, "node_modules", ".bin", "berth");
    return run([bin, ...args], env, join(this.path, folder));
  }

  /** For an engine, with a state, a home and a passphrase of its own. */
  get environment(): NodeJS.ProcessEnv {
    const state = join(this.directory, "state");
    mkdirSync(state, { recursive: true });
    return {
      ...process.env,
      ...pulumiEnvironment(join(this.directory, "home")),
      PULUMI_BACKEND_URL: `file://${encodeURI(state)}`,
      PULUMI_CONFIG_PASSPHRASE: "of a package's test",
    };
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}
