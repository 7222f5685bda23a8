import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { Berth, type Outputs } from "./demo/berth";
import { runPipeline } from "./demo/pipeline";
import { type Digests, placesOfADigest } from "./demo/places-of-a-digest";
import { WorkingCopy } from "./demo/working-copy";
import { withSandbox } from "./env";
import { defaultPlaces, repository, serverSocket } from "./lib/places";
import { checkCommand, runCommand } from "./lib/run-command";
import { messageOf } from "./lib/sandbox-error";
import { Steps, type StepTime } from "./lib/steps";
import { partsTable, sandboxParts } from "./parts";
import { preparePulumi } from "./pulumi/install/prepare-pulumi";
import { pulumiBin, pulumiHome } from "./pulumi/install/pulumi-places";

/**
 * `npm run demo`: the whole pipeline on this machine, checked step by step. `npm run demo:down` takes it away.
 * Exit 1 where any step is not as expected. `--json` prints the result for a machine.
 */
main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error) => {
    process.stderr.write(`error: ${messageOf(error)}\n`);
    process.exitCode = 1;
  },
);

async function main(args: string[]): Promise<number> {
  const say = (line: string) => process.stderr.write(`${line}\n`);
  if (args[0] === "down") return (await sandbox(["down"], say)).code;
  const started = Date.now();
  const sandboxUp = await sandbox(["up"], say);
  if (sandboxUp.code !== 0) {
    await previewWithoutDocker(say);
    return 1;
  }
  const steps = new Steps(say);
  steps.times.push({ name: "berth sandbox up", seconds: (Date.now() - started) / 1000 });
  try {
    const env = withSandbox(process.env, await sandboxEnv());
    const copy = new WorkingCopy();
    await steps.run("a copy of the project under .berth/demo", async () => copy.sync());
    const outputs = await runPipeline(steps, copy, new Berth(copy.folder, env));
    const digests = await steps.run("the digest is the same at all four places", () => compare(outputs, env));
    const parts = sandboxParts(defaultPlaces);
    const result = { parts, outputs: withoutPasswords(outputs), digests, times: steps.times };
    process.stdout.write(
      args.includes("--json")
        ? `${JSON.stringify(result)}\n`
        : `\n${indented(partsTable(parts))}${table(outputs, digests, steps.times)}`,
    );
    return 0;
  } catch (error) {
    say(`\nThe demo stopped. ${messageOf(error)}`);
    say(
      "Everything is left as it is to look at; `npm run demo` goes on from here, `npm run demo:down` takes it away.",
    );
    return 1;
  }
}

/** Runs a verb of the sandbox with its progress on our standard error. */
function sandbox(args: string[], onLine: (line: string) => void) {
  const main = join(repository, "sandbox", "main.cjs");
  return runCommand(process.execPath, [main, ...args], { onLine, timeoutMs: 1_200_000 });
}

/** What `eval "$(npx berth sandbox env)"` would set. */
async function sandboxEnv(): Promise<Record<string, string>> {
  const main = join(repository, "sandbox", "main.cjs");
  return JSON.parse(await checkCommand(process.execPath, [main, "env", "--json"]));
}

async function compare(outputs: Outputs, env: NodeJS.ProcessEnv): Promise<Digests> {
  const gitlab = { username: env["CI_REGISTRY_USER"] ?? "", password: env["CI_REGISTRY_PASSWORD"] ?? "" };
  const nexus = outputs.accounts["puller"]!;
  const digests = await placesOfADigest(outputs.apps.blog, { gitlab, nexus }, serverSocket(defaultPlaces));
  if (new Set(Object.values(digests)).size !== 1)
    throw new Error(`they differ: ${JSON.stringify(digests, null, 2)}`);
  return digests;
}

const indented = (lines: string) => `${lines.replace(/^/gm, "  ").trimEnd()}\n`;

function withoutPasswords({ accounts, ...rest }: Outputs) {
  return { ...rest, accounts: Object.values(accounts).map(({ username }) => username) };
}

function table(outputs: Outputs, digests: Digests, times: readonly StepTime[]): string {
  const { nexusUrl, dockerHosted, dockerGroup, accounts, apps } = outputs;
  const rows: [string, string][] = [
    ["the blog", apps.blog.url],
    ["Nexus", nexusUrl],
    ["docker push", dockerHosted],
    ["docker pull", dockerGroup],
    [
      "accounts",
      Object.values(accounts)
        .map(({ username }) => username)
        .join(", "),
    ],
    ["release", apps.blog.release.tag],
    ...Object.entries(digests).map(([place, digest]): [string, string] => [`digest ${place}`, digest]),
    ...times.map(({ name, seconds }): [string, string] => [`${seconds.toFixed(1).padStart(6)} s`, name]),
    [
      `${times
        .reduce((sum, { seconds }) => sum + seconds, 0)
        .toFixed(1)
        .padStart(6)} s`,
      "in all",
    ],
  ];
  const lines = rows.map(([key, value]) => `  ${key.padEnd(16)}${value}`);
  const after = [
    "Everything runs on. The accounts' passwords:",
    '  eval "$(npx berth sandbox env)" && npx berth outputs dev --show-secrets',
    "To stop and remove all of it: npm run demo:down",
  ];
  return `\n${lines.join("\n")}\n\n${after.join("\n")}\n`;
}

/** What can be shown where no Docker runs: the change as a reviewer would see it, on an empty stack. */
async function previewWithoutDocker(say: (line: string) => void): Promise<void> {
  say(
    "\nWithout a Docker daemon only this can be shown: what `berth up dev` would make, as a reviewer sees it.\n",
  );
  const scratch = mkdtempSync(join(tmpdir(), "berth-preview-"));
  try {
    const pulumi = {
      cache: join(homedir(), ".cache", "berth-sandbox", "pulumi"),
      home: join(scratch, "pulumi"),
    };
    const path = process.env["PATH"] ?? "";
    for (const { part, kind, about } of await preparePulumi(pulumi, { path, progress: say }))
      say(`${part}: ${kind} (${about})`);
    const copy = new WorkingCopy();
    copy.sync();
    copy.commitVersion(copy.nextVersion());
    const env = {
      ...process.env,
      PATH: `${pulumiBin(pulumi)}${delimiter}${path}`,
      PULUMI_HOME: pulumiHome(pulumi),
      PULUMI_BACKEND_URL: `file://${scratch}`,
      PULUMI_CONFIG_PASSPHRASE: randomBytes(16).toString("hex"),
    };
    const { stdout, stderr } = await new Berth(copy.folder, env).run(["preview", "dev", "--diff"]);
    say(stderr + stdout);
  } catch (error) {
    say(messageOf(error));
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
