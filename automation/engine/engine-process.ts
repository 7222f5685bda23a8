import { type ChildProcess, spawn } from "node:child_process";
import { dirname, isAbsolute } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { PulumiCommand } from "@pulumi/pulumi/automation";
import { forgetOld, forgetStarted, noteStarted } from "./run-file";

/** What the Automation API makes of how a command ended; its own function has no published type. */
interface Ended {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number;
  readonly err?: Error;
}
type Run = (
  args: string[],
  cwd: string,
  env: NodeJS.ProcessEnv,
  onOutput?: (text: string) => void,
  onError?: (text: string) => void,
  signal?: AbortSignal,
) => Promise<Ended>;

/** The engine asks `git status`, which would lock the index: killed at that moment it would leave the lock to its user. */
const NO_GIT_LOCK = { GIT_OPTIONAL_LOCKS: "0" };

const running = new Set<ChildProcess>();

/**
 * The Pulumi CLI of the PATH for the Automation API, each call in a process group of its own: Ctrl-C in a terminal reaches
 * the whole foreground group, and the engine takes the second signal that it gets as "at once". So it gets them from here
 * only, one at a time (`interruptible.ts`).
 * @param onStarted called with its arguments when one has been started
 */
export async function engineCommand(onStarted?: (args: readonly string[]) => void): Promise<PulumiCommand> {
  const command = await PulumiCommand.get();
  return Object.assign(command, { run: runOf(command.command, onStarted) });
}

/** Process ids of the engines that run now, the latest last. */
export function runningEngines(): number[] {
  return [...running].flatMap(({ pid }) => pid ?? []);
}

/** Ends the engines that run, at once: what is under way stays half done, and the stack stays locked. */
export function killEngines(): void {
  for (const child of running) child.kill("SIGKILL");
}

function runOf(command: string, onStarted?: (args: readonly string[]) => void): Run {
  return async (args, cwd, env, onOutput, onError, signal) => {
    // Nobody would tell it any more: it would do all that it was asked for.
    if (signal?.aborted) throw commandError({ stdout: "", stderr: "stopped before it began", code: -2 });
    const asked = args.includes("--non-interactive") ? args : [...args, "--non-interactive"];
    // The plugins that came with it are beside it.
    const path = isAbsolute(command) && { PATH: `${dirname(command)}:${env["PATH"] ?? process.env["PATH"]}` };
    const child = spawn(command, asked, {
      cwd,
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ...env, ...path, ...NO_GIT_LOCK, PULUMI_AUTOMATION_API: "true" },
    });
    running.add(child);
    noteStarted(child.pid);
    onStarted?.(args);
    const stop = () => child.kill("SIGINT");
    signal?.addEventListener("abort", stop);
    try {
      return await ended(child, { onOutput, onError });
    } finally {
      signal?.removeEventListener("abort", stop);
      running.delete(child);
      if (child.exitCode === 0) forgetStarted(child.pid);
      else forgetOld();
    }
  };
}

interface Listeners {
  readonly onOutput: ((text: string) => void) | undefined;
  readonly onError: ((text: string) => void) | undefined;
}

/** @throws the Automation API's own error where it did not end well */
function ended(child: ChildProcess, { onOutput, onError }: Listeners): Promise<Ended> {
  const heard = { stdout: "", stderr: "" };
  const listen = (name: "stdout" | "stderr", tell: ((text: string) => void) | undefined) =>
    child[name]!.setEncoding("utf8").on("data", (text: string) => {
      heard[name] += text;
      tell?.(text);
    });
  listen("stdout", onOutput);
  listen("stderr", onError);
  return new Promise((resolve, reject) => {
    const fail = (code: number, stderr: string, err?: Error) =>
      reject(commandError({ stdout: heard.stdout, stderr, code, ...(err && { err }) }));
    child.once("error", (error) => fail(-2, error.message, error));
    child.once("close", (code, signal) => {
      if (code === 0) resolve({ ...heard, code });
      else fail(code ?? -2, heard.stderr + (signal ? `\nended by ${signal}` : ""));
    });
  });
}

function commandError(result: Ended): Error {
  const errors: { createCommandError(result: object): Error } = require("@pulumi/pulumi/automation/errors");
  const { code, err } = result;
  // On a terminal the engine's text is in colours, which whoever reads it would have to know of.
  const [stdout, stderr] = [stripVTControlCharacters(result.stdout), stripVTControlCharacters(result.stderr)];
  const text = () => `code: ${code}\n stdout: ${stdout}\n stderr: ${stderr}\n err?: ${err ?? ""}\n`;
  // It looks in `stderr` alone for what tells one failure from another.
  return errors.createCommandError({ ...result, stdout, stderr: `${stderr}\n${stdout}`, toString: text });
}
