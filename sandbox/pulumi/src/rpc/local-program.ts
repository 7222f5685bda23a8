import { type ChildProcess, spawn } from "node:child_process";
import { statSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { createInterface } from "node:readline";
import { locate, PRELOADED } from "../engine/dynamic-host";
import type { Project } from "../project/project";
import type { ProgramRequest, ProgramRun } from "./program";

/** The exit code of a program that has told its error itself (@pulumi/pulumi/cmd/run). */
const TOLD = 32;
const KILL_AFTER_MILLISECONDS = 5000;
const OPTIONS = new Set(["typescript", "nodeargs", "packagemanager", "tsconfig"]);

/** Where a project's program is and how it is entered. */
export function programOf(project: Project): { directory: string; entry: string } {
  // An inline program's project names its process's own directory, as a full path.
  const main = resolve(project.root, project.main ?? ".");
  const stat = statSync(main, { throwIfNoEntry: false });
  if (!stat) throw new Error(`the project's 'main' could not be read: ${main} does not exist`);
  return stat.isDirectory()
    ? { directory: main, entry: "." }
    : { directory: dirname(main), entry: basename(main) };
}

/** Runs the project's program in a process of its own, as Pulumi's nodejs language host does. */
export function runLocal(
  project: Project,
  request: ProgramRequest,
  print: (line: string, isError: boolean) => void,
): ProgramRun {
  const unknown = Object.keys(project.runtimeOptions).find((option) => !OPTIONS.has(option));
  if (unknown) throw new Error(`the runtime option '${unknown}' in ${project.file} is not supported`);
  const { directory, entry } = programOf(project);
  const child = spawn(process.execPath, argumentsFor(project, request, directory, entry), {
    cwd: directory,
    detached: true,
    env: { ...process.env, ...environment(project, request) },
    stdio: ["ignore", "pipe", "pipe"],
  });
  createInterface({ input: child.stdout! }).on("line", (line) => print(line, false));
  createInterface({ input: child.stderr! }).on("line", (line) => print(line, true));
  return { result: outcome(child), kill: () => kill(child) };
}

function argumentsFor(project: Project, request: ProgramRequest, directory: string, entry: string): string[] {
  const nodeArguments = project.runtimeOptions["nodeargs"];
  const flags: { [flag: string]: string } = {
    monitor: request.monitorAddress,
    engine: request.engineAddress,
    organization: "organization",
    project: request.project,
    "root-directory": project.root,
    stack: request.stack,
    pwd: directory,
    parallel: String(request.parallel),
  };
  return [
    ...PRELOADED,
    ...(typeof nodeArguments === "string" ? splitWords(nodeArguments) : []),
    locate(directory, "@pulumi/pulumi/cmd/run"),
    ...Object.entries(flags).flatMap(([flag, value]) => [`--${flag}`, value]),
    ...(request.preview ? ["--dry-run"] : []),
    entry,
  ];
}

function environment(project: Project, request: ProgramRequest): { [name: string]: string } {
  const config: { [key: string]: string } = {};
  for (const [key, value] of request.config) config[key.replace(":", ":config:")] = value;
  const { typescript, tsconfig } = project.runtimeOptions;
  return {
    PULUMI_CONFIG: JSON.stringify(config),
    PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(request.secretKeys),
    ...(typescript === false ? {} : { PULUMI_NODEJS_TYPESCRIPT: "true" }),
    ...(typeof tsconfig === "string" ? { PULUMI_NODEJS_TSCONFIG_PATH: tsconfig } : {}),
  };
}

function outcome(child: ChildProcess): ProgramRun["result"] {
  return new Promise((settle) => {
    child.once("error", (error) =>
      settle({ message: `could not run the program: ${error.message}`, told: false }),
    );
    // "close" comes after the last line of output, "exit" may come before it.
    child.once("close", (code, signal) => {
      if (code === 0) settle(undefined);
      else if (code === TOLD) settle({ message: "", told: true });
      else
        settle({
          message: `an unhandled error occurred: Program exited with non-zero exit code: ${code ?? signal}`,
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
