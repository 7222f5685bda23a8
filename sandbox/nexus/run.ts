import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

export interface RunOptions {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  onLine?: (line: string) => void;
}

/** Lines of a failed program's output that its error repeats. */
const TAIL = 15;

/** Runs a program and gives its standard output; a failure names the program and the end of what it said. */
export function run(program: string, args: string[], options: RunOptions = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: options.env,
      stdio: ["ignore", "pipe", "pipe"],
    });
    const output: string[] = [];
    const tail: string[] = [];
    const heard = (line: string) => {
      tail.push(line);
      if (tail.length > TAIL) tail.shift();
      options.onLine?.(line);
    };
    createInterface({ input: child.stdout }).on("line", (line) => {
      output.push(line);
      heard(line);
    });
    createInterface({ input: child.stderr }).on("line", heard);
    child.on("error", (error) => reject(new Error(`${program} could not be started: ${error.message}`)));
    child.on("close", (code, signal) => {
      if (code === 0) return resolve(output.join("\n"));
      reject(
        new Error(`${program} ${args[0] ?? ""} failed (${signal ?? `exit ${code}`}):\n${tail.join("\n")}`),
      );
    });
  });
}
