import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { StackState } from "../automation/engine/stack-state";
import { lookAtHosts } from "../automation/stack/look-at-hosts";
import { copy, sandboxEnv } from "../test/support/stack/sandbox";

/**
 * `node --require tsx/cjs bench/look.ts [ROUNDS]`: what `up`, `preview` and `drift` look at before anything else, on the stack
 * that `npm run demo` left: one list of containers for each Docker host, and the login of each account in Nexus. Medians; the
 * ratio is to the whole `berth up` without changes, in the same rounds.
 */
const ROUNDS = Number(process.argv[2] ?? 5);

interface Login {
  readonly username: string;
  readonly password: string;
}

const milliseconds = async (work: () => unknown): Promise<number> => {
  const started = process.hrtime.bigint();
  await work();
  return Number(process.hrtime.bigint() - started) / 1e6;
};

async function login(nexus: string, { username, password }: Login): Promise<void> {
  const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
  const answer = await fetch(`${nexus}/service/rest/v1/status`, { headers: { authorization } });
  if (answer.status !== 200) throw new Error(`${username} is answered ${answer.status}`);
  await answer.arrayBuffer();
}

async function main(): Promise<void> {
  if (!existsSync(copy)) throw new Error("There is no stack to measure: run `npm run demo` first.");
  const env = sandboxEnv();
  const told = (program: string, ...args: string[]) =>
    execFileSync(program, args, { cwd: copy, env, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  const state = new StackState(JSON.parse(told("pulumi", "stack", "export", "--stack", "dev")).deployment);
  const outputs = JSON.parse(told("pulumi", "stack", "output", "--json", "--show-secrets", "--stack", "dev"));
  const accounts = Object.values(outputs.accounts as Record<string, Login>);
  const parts: [string, () => unknown][] = [
    ["a list of containers on each Docker host", () => lookAtHosts(state)],
    [
      `a login of each of ${accounts.length} accounts`,
      () => Promise.all(accounts.map((one) => login(outputs.nexusUrl, one))),
    ],
    ["berth up, no changes", () => told(process.execPath, `${copy}/automation/berth.cjs`, "up", "dev")],
  ];
  const times = new Map(parts.map(([name]) => [name, [] as number[]]));
  for (let round = 0; round < ROUNDS; round++)
    for (const [name, work] of parts) times.get(name)!.push(await milliseconds(work));
  const median = (name: string) => [...times.get(name)!].sort((a, b) => a - b)[Math.floor(ROUNDS / 2)]!;
  const whole = median(parts.at(-1)![0]);
  const rows = parts.map(
    ([name]) => `| ${name} | ${(median(name) / 1000).toFixed(3)} s | ${(median(name) / whole).toFixed(3)} |`,
  );
  process.stdout.write(["| part | median | of the whole |", "|---|---|---|", ...rows, ""].join("\n"));
}

main().catch((error: Error) => {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
});
