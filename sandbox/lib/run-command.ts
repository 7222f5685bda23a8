import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { SandboxError } from "./sandbox-error";

export interface CommandOptions {
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  /** Called with every line of output as it comes. */
  onLine?: (line: string) => void;
  /** After this the command is killed. @default 10 minutes */
  timeoutMs?: number;
  /** Told the pid as soon as the command runs. The command leads a process group of that number. */
  onStart?: (pid: number) => void;
}

export interface CommandResult {
  code: number;
  stdout: string;
  stderr: string;
}

const running = new Set<ChildProcess>();
const defaultTimeoutMs = 600_000;

/** Runs a command to its end, whatever its exit code. Throws only where it cannot be started or takes too long. */
export function runCommand(
  command: string,
  args: string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    // A group of its own: what the command itself started ends with it.
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: options.env ?? process.env,
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    running.add(child);
    if (child.pid !== undefined) options.onStart?.(child.pid);
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      killGroup(child);
    }, options.timeoutMs ?? defaultTimeoutMs);
    const output = {
      stdout: collect(child.stdout, options.onLine),
      stderr: collect(child.stderr, options.onLine),
    };
    child.once("error", (error) => {
      clearTimeout(timer);
      running.delete(child);
      reject(new SandboxError(`cannot run ${command}: ${error.message}`));
    });
    child.once("close", (code, signal) => {
      clearTimeout(timer);
      running.delete(child);
      const result = { code: code ?? 1, stdout: output.stdout.join("\n"), stderr: output.stderr.join("\n") };
      if (timedOut)
        reject(new SandboxError(`${describe(command, args)} did not end in time and was stopped`));
      else if (signal) reject(new SandboxError(`${describe(command, args)} was ended by ${signal}`));
      else resolve(result);
    });
  });
}

/** Runs a command that must succeed; the error holds the last lines of its output. */
export async function checkCommand(
  command: string,
  args: string[],
  options?: CommandOptions,
): Promise<string> {
  const result = await runCommand(command, args, options);
  if (result.code === 0) return result.stdout;
  const output = lastLines(result.stderr.trim() === "" ? result.stdout : result.stderr, 8);
  throw new SandboxError(`${describe(command, args)} failed with exit code ${result.code}:\n${output}`);
}

/** Ends every command that still runs; for the way out after a signal. */
export function stopRunningCommands(): void {
  for (const child of running) killGroup(child);
}

export function lastLines(text: string, count: number): string {
  return text.trimEnd().split("\n").slice(-count).join("\n");
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined || child.exitCode !== null) return;
  try {
    process.kill(-child.pid, "SIGTERM");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

function collect(stream: NodeJS.ReadableStream, onLine?: (line: string) => void): string[] {
  const lines: string[] = [];
  createInterface({ input: stream }).on("line", (line) => {
    lines.push(line);
    onLine?.(line);
  });
  return lines;
}

function describe(command: string, args: string[]): string {
  const text = [command, ...args].join(" ");
  return text.length > 160 ? `${text.slice(0, 157)}...` : text;
}
