import { type ChildProcess, spawn } from "node:child_process";
import type { RunRequest } from "@pulumi/pulumi/proto/language_pb";
import type { ProgramRun } from "./program";

/** The exit code of a program that has told its error itself (@pulumi/pulumi/cmd/run). */
const TOLD = 32;
const KILL_AFTER_MILLISECONDS = 5000;
const OPTIONS = new Set(["typescript", "nodeargs", "packagemanager", "tsconfig"]);

/** Where a project's program is and how it is entered. */
interface Program {
  readonly root: string;
  readonly directory: string;
  readonly entry: string;
  /** `runtime.options` of Pulumi.yaml. */
  readonly options: Readonly<Record<string, unknown>>;
}

/**
 * Runs a project's program in a process of its own, as Pulumi's nodejs language host does. What it prints is printed.
 * @param locate where the program finds a module
 * @throws Error for a runtime option that isn't honoured here, or where @pulumi/pulumi isn't installed
 */
export function runLocal(
  request: RunRequest,
  engineAddress: string,
  locate: (directory: string, module: string) => string,
): ProgramRun {
  const program = programOf(request);
  const unknown = Object.keys(program.options).find((option) => !OPTIONS.has(option));
  if (unknown) {
    throw new Error(
      `the runtime option '${unknown}' of Pulumi.yaml is not supported by the sandbox's language host`,
    );
  }
  const main = locate(program.directory, "@pulumi/pulumi/cmd/run");
  const args = argumentsFor(request, program, engineAddress, main);
  const child = spawn(process.execPath, args, {
    cwd: program.directory,
    detached: true,
    env: { ...process.env, ...environment(request, program) },
    stdio: ["ignore", "inherit", "inherit"],
  });
  return { result: outcome(child), kill: () => kill(child) };
}

function programOf(request: RunRequest): Program {
  const info = request.getInfo();
  if (info === undefined) throw new Error("the engine names no program to run: its Pulumi is too old");
  return {
    root: info.getRootDirectory(),
    directory: info.getProgramDirectory(),
    entry: info.getEntryPoint(),
    options: info.getOptions()?.toJavaScript() ?? {},
  };
}

function argumentsFor(request: RunRequest, program: Program, engineAddress: string, main: string): string[] {
  const { nodeargs } = program.options;
  const flags: { [flag: string]: string } = {
    monitor: request.getMonitorAddress(),
    engine: engineAddress,
    organization: request.getOrganization(),
    project: request.getProject(),
    "root-directory": program.root,
    stack: request.getStack(),
    pwd: program.directory,
    parallel: String(request.getParallel()),
  };
  return [
    ...(typeof nodeargs === "string" ? splitWords(nodeargs) : []),
    main,
    ...Object.entries(flags).flatMap(([flag, value]) => [`--${flag}`, value]),
    ...(request.getDryrun() ? ["--dry-run"] : []),
    program.entry,
    ...request.getArgsList(),
  ];
}

function environment(request: RunRequest, program: Program): { [name: string]: string } {
  const config: { [key: string]: string } = {};
  request.getConfigMap().forEach((value, key) => {
    config[key] = value;
  });
  const { typescript, tsconfig } = program.options;
  return {
    PULUMI_CONFIG: JSON.stringify(config),
    PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(request.getConfigsecretkeysList()),
    ...(typescript === false ? {} : { PULUMI_NODEJS_TYPESCRIPT: "true" }),
    ...(typeof tsconfig === "string" ? { PULUMI_NODEJS_TSCONFIG_PATH: tsconfig } : {}),
  };
}

function outcome(child: ChildProcess): ProgramRun["result"] {
  return new Promise((settle) => {
    child.once("error", (error) =>
      settle({ message: `could not run the program: ${error.message}`, told: false }),
    );
    child.once("exit", (code, signal) => {
      if (code === 0) settle(undefined);
      else if (code === TOLD) settle({ message: "", told: true });
      else
        settle({
          message: `Program exited with non-zero exit code: ${code ?? signal}`,
          told: false,
        });
    });
  });
}
async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise<void>((done) => child.once("exit", () => done()));
  child.kill("SIGINT");
  const force = setTimeout(() => child.kill("SIGKILL"), KILL_AFTER_MILLISECONDS);
  await ended;
  clearTimeout(force);
}

/** Shell words: quotes group, a backslash escapes. */
function splitWords(text: string): string[] {
  const words = text.match(/(?:[^\s"'\\]|\\.|"(?:[^"\\]|\\.)*"|'[^']*')+/g) ?? [];
  return words.map((word) =>
    word.replace(
      /"((?:[^"\\]|\\.)*)"|'([^']*)'|\\(.)/g,
      (_, double, single, escaped) => double ?? single ?? escaped,
    ),
  );
}
