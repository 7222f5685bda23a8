import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { copy, root, sandboxEnv } from "../test/support/stack/sandbox";

/**
 * `npm run bench:up`: what an `up` without changes takes, next to its parts, in one run on the stack that
 * `npm run demo` left. Medians; the ratio is to the whole `berth up`, as machines differ.
 */
const ROUNDS = Number(process.argv[2] ?? 5);

const berth = [process.execPath, join(copy, "automation", "berth.cjs")];
const parts: [string, string[]][] = [
  ["node starts", [process.execPath, "-e", "0"]],
  ["… and loads tsx", [process.execPath, "--require", "tsx/cjs", "-e", "0"]],
  [
    "… and loads @pulumi/pulumi",
    [process.execPath, "--require", "tsx/cjs", "-e", "require('@pulumi/pulumi')"],
  ],
  ["berth copy --help (no Pulumi)", [...berth, "copy", "--help"]],
  ["pulumi version", ["pulumi", "version"]],
  ["pulumi stack output", ["pulumi", "stack", "output", "--json", "--stack", "dev"]],
  [
    "… with secrets (key derivation)",
    ["pulumi", "stack", "output", "--json", "--show-secrets", "--stack", "dev"],
  ],
  ["pulumi preview", ["pulumi", "preview", "--stack", "dev"]],
  ["pulumi up, no changes", ["pulumi", "up", "--yes", "--skip-preview", "--stack", "dev"]],
  ["berth preview", [...berth, "preview", "dev"]],
  ["berth up, no changes", [...berth, "up", "dev"]],
];

if (!existsSync(copy)) {
  process.stderr.write("There is no stack to measure: run `npm run demo` first.\n");
  process.exitCode = 1;
} else {
  const env = sandboxEnv();
  const seconds = new Map(parts.map(([name]) => [name, [] as number[]]));
  for (let round = 0; round < ROUNDS; round++) {
    // Every part in every round, so that a busy moment of the machine hits all alike.
    for (const [name, [program, ...args]] of parts) seconds.get(name)!.push(time(program!, args, env));
  }
  const whole = median(seconds.get("berth up, no changes")!);
  const rows = parts.map(([name]) => {
    const value = median(seconds.get(name)!);
    return `| ${name} | ${value.toFixed(2)} s | ${(value / whole).toFixed(2)} |`;
  });
  process.stdout.write(["| part | median | of the whole |", "|---|---|---|", ...rows, ""].join("\n"));
}

function time(program: string, args: string[], env: NodeJS.ProcessEnv): number {
  const cwd = program === process.execPath && args[0] !== berth[1] ? root : copy;
  const started = process.hrtime.bigint();
  const { status, stderr } = spawnSync(program, args, { cwd, env, encoding: "utf8" });
  if (status !== 0) throw new Error(`${program} ${args.join(" ")} exited ${status}: ${stderr}`);
  return Number(process.hrtime.bigint() - started) / 1e9;
}

function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)]!;
}
