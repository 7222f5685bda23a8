import { existsSync } from "node:fs";
import { parseArgs } from "node:util";
import { down } from "./down";
import { exportLines, sandboxEnvironment } from "./env";
import { pipelineCommand } from "./gitlab/runner/command";
import { defaultPlaces, passphraseFile } from "./lib/places";
import { stopRunningCommands } from "./lib/run-command";
import { messageOf, SandboxError } from "./lib/sandbox-error";
import { Steps } from "./lib/steps";
import { printStatus } from "./status";
import { up } from "./up";

const usage = `Usage: berth sandbox <command>

  up                       bring up Pulumi and the stand-ins: GitLab, base images, Nexus's image, a server
  down [--keep-cache]      stop and remove them; downloads and images stay for the next up
  down --purge             remove downloads and images as well
  status [--json]          what is real, and what runs where; exit code 3 where something is missing
  env [--json]             what to set to work in the sandbox: eval "$(berth sandbox env)"
  pipeline [--help]        run the last commit's .gitlab-ci.yml, with the sandbox as its GitLab
`;

const options = {
  json: { type: "boolean", default: false },
  purge: { type: "boolean", default: false },
  "keep-cache": { type: "boolean", default: false },
  help: { type: "boolean", short: "h", default: false },
} as const;

type Values = { json: boolean; purge: boolean; "keep-cache": boolean };

async function run(command: string | undefined, values: Values): Promise<number> {
  const steps = new Steps((line) => process.stderr.write(`${line}\n`));
  switch (command) {
    case "up":
      await up(defaultPlaces, steps);
      return 0;
    case "down":
      if (values.purge && values["keep-cache"])
        throw new SandboxError("--purge and --keep-cache exclude each other", 2);
      await down(defaultPlaces, steps, { purge: values.purge });
      return 0;
    case "status":
      return printStatus(defaultPlaces, values.json);
    case "env":
      printEnvironment(values.json);
      return 0;
    default:
      throw new SandboxError(
        `${command ? `unknown command "${command}"` : "a command is missing"}\n\n${usage}`,
        2,
      );
  }
}

function printEnvironment(json: boolean): void {
  if (process.getuid?.() !== 0) throw new SandboxError("the sandbox belongs to root: run this as root");
  if (!existsSync(passphraseFile(defaultPlaces))) {
    throw new SandboxError("the sandbox has not been brought up yet: run `berth sandbox up` first");
  }
  const environment = sandboxEnvironment(defaultPlaces);
  process.stdout.write(json ? `${JSON.stringify(environment, null, 2)}\n` : exportLines(environment));
}

function parse() {
  try {
    return parseArgs({ options, allowPositionals: true });
  } catch (error) {
    throw new SandboxError(`${messageOf(error)}\n\n${usage}`, 2);
  }
}

async function main(): Promise<number> {
  if (process.argv[2] === "pipeline") return pipelineCommand(process.argv.slice(3), defaultPlaces);
  const { positionals, values } = parse();
  if (values.help) {
    process.stdout.write(usage);
    return 0;
  }
  if (positionals.length > 1)
    throw new SandboxError(`unexpected argument "${positionals[1]}"\n\n${usage}`, 2);
  return run(positionals[0], values);
}

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    stopRunningCommands();
    process.exit(1);
  });
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    process.stderr.write(`error: ${messageOf(error)}\n`);
    if (process.env.BERTH_DEBUG && error instanceof Error) process.stderr.write(`${error.stack}\n`);
    process.exitCode = error instanceof SandboxError ? error.exitCode : 1;
  },
);
