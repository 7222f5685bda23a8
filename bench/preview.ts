import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { GitlabWeb } from "../test/support/gitlab-web";
import { commit, copy, git, run, sandboxEnv } from "../test/support/stack/sandbox";

/**
 * `npm run bench:preview -- [ROUNDS]`: from `berth preview --note` to the note in the merge request, on the stack that `npm run demo`
 * left, without and with changes, next to a bare `pulumi preview` of the same in the same round. What each part adds is the
 * difference between two rows. Medians; the ratio is to the bare preview.
 */
const ROUNDS = Number(process.argv[2] ?? 5);

const BARE = "pulumi preview";
const berth = [process.execPath, join(copy, "automation", "berth.cjs")];
const preview = [...berth, "preview", "dev"];

const parts: readonly (readonly [string, readonly string[]])[] = [
  [BARE, ["pulumi", "preview", "--stack", "dev"]],
  ["node and berth start (`preview --help`)", [...preview, "--help"]],
  ["pulumi's start (`pulumi version`)", ["pulumi", "version"]],
  ["berth preview: program, engine, hash", preview],
  ["… --out: and what copies would send", [...preview, "--out", "change"]],
  ["… --out --note: and the note", [...preview, "--out", "change", "--note"]],
];

async function main(): Promise<void> {
  const gitlab = await new GitlabWeb().start();
  const before = git("rev-parse", "HEAD");
  try {
    const env = { ...sandboxEnv(), ...(await job(gitlab)) };
    print("without changes", await measured(env));
    commit(
      "Pulumi.dev.yaml",
      (text) => text.replace(/^( +)publish: .*$/m, "$&\n$1env: { BENCH: '1' }"),
      "Bench",
    );
    print("with changes: a new commit, and another environment", await measured(env));
  } finally {
    git("reset", "--quiet", "--hard", before);
    rmSync(join(copy, "change"), { recursive: true, force: true });
    await gitlab.stop();
  }
}

/** What GitLab tells a merge request's job. */
async function job(gitlab: GitlabWeb): Promise<NodeJS.ProcessEnv> {
  const sha = git("rev-parse", "HEAD");
  return {
    CI_API_V4_URL: `${gitlab.url}/api/v4`,
    CI_PROJECT_ID: gitlab.project,
    CI_PROJECT_DIR: copy,
    CI_MERGE_REQUEST_IID: String(await gitlab.mergeRequest(sha)),
    CI_COMMIT_SHA: sha,
    CI_PIPELINE_ID: "1",
    BERTH_GITLAB_TOKEN: gitlab.token("berth", { accessLevel: 20 }),
  };
}

/** Every part in every round, so that a busy moment of the machine hits all alike. */
async function measured(env: NodeJS.ProcessEnv): Promise<ReadonlyMap<string, readonly number[]>> {
  const seconds = new Map(parts.map(([name]) => [name, [] as number[]]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, command] of parts) seconds.get(name)!.push(await time(command, env));
  }
  return seconds;
}

async function time(command: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const started = process.hrtime.bigint();
  const { code, stderr } = await run([...command], env, copy);
  if (code !== 0) throw new Error(`${command.join(" ")} exited ${code}: ${stderr}`);
  return Number(process.hrtime.bigint() - started) / 1e9;
}

function print(title: string, seconds: ReadonlyMap<string, readonly number[]>): void {
  const bare = median(seconds.get(BARE)!);
  const rows = [...seconds].map(([name, values]) => {
    const value = median(values);
    return `| ${name} | ${value.toFixed(2)} s | ${Math.min(...values).toFixed(2)} s | ${(value / bare).toFixed(2)} |`;
  });
  const head = [`| ${title} | median | quickest | ratio |`, "|---|---|---|---|"];
  process.stdout.write([...head, ...rows, "", ""].join("\n"));
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)]!;
}

if (existsSync(copy)) {
  main().catch((error: Error) => {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  });
} else {
  process.stderr.write("There is no stack to measure: run `npm run demo` first.\n");
  process.exitCode = 1;
}
