import { existsSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";

export interface Tool {
  readonly name: string;
  /** @param hosts of both registries, which speak plain http. */
  command(source: string, target: string, hosts: readonly string[]): readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

export interface Tools {
  readonly found: readonly Tool[];
  readonly missing: readonly string[];
}

const ROOT = join(__dirname, "..", "..");

/**
 * Berth, other checkouts of it that BERTH_BENCH_CHECKOUTS names (`before=/path,…`), and the peers that BERTH_BENCH_REGCTL, _CRANE
 * and _SKOPEO name, or that are on the path.
 */
export function findTools(home: string): Tools {
  const env = { PATH: process.env["PATH"], HOME: home };
  const named = (process.env["BERTH_BENCH_CHECKOUTS"] ?? "").split(",").filter(Boolean);
  const checkouts = [["berth", ROOT], ...named.map((one) => one.split("="))];
  const found: Tool[] = checkouts.map(([name = "", root = ""]) => {
    const program = join(root, "automation", "berth.cjs");
    return {
      name,
      env,
      command: (source, target) => [process.execPath, program, "copy", source, target],
    };
  });
  const missing: string[] = [];
  for (const [name, make] of Object.entries(PEERS)) {
    const binary = binaryOf(name);
    if (binary === undefined) missing.push(name);
    else found.push(make(binary, env, home));
  }
  return { found, missing };
}

type Make = (binary: string, env: NodeJS.ProcessEnv, home: string) => Tool;

/** Each as its manual has it for a whole image. */
const PEERS: Readonly<Record<string, Make>> = {
  regctl: (binary, env, home) => ({
    name: "regctl",
    env: { ...env, REGCTL_CONFIG: join(home, "regctl.json") },
    command: (source, target, hosts) => {
      const plain = hosts.map((host) => [host, { tls: "disabled", hostname: host }]);
      writeFileSync(join(home, "regctl.json"), JSON.stringify({ hosts: Object.fromEntries(plain) }));
      return [binary, "image", "copy", source, target];
    },
  }),
  crane: (binary, env) => ({
    name: "crane",
    env,
    command: (source, target) => [binary, "copy", source, target],
  }),
  skopeo: (binary, env) => ({
    name: "skopeo",
    env,
    command: (source, target) => [
      ...[binary, "copy", "--insecure-policy", "--all", "--preserve-digests"],
      ...["--src-tls-verify=false", "--dest-tls-verify=false", `docker://${source}`, `docker://${target}`],
    ],
  }),
};

function binaryOf(name: string): string | undefined {
  const named = process.env[`BERTH_BENCH_${name.toUpperCase()}`];
  if (named !== undefined) return existsSync(named) ? named : undefined;
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  return folders.map((folder) => join(folder, name)).find((file) => existsSync(file));
}
