import { spawnSync } from "node:child_process";

export interface Ended {
  /** Seconds. */
  readonly seconds: number;
  /** Seconds of processors, of the program and all that it waited for; busy neighbours hardly change them. */
  readonly processor: number;
  readonly stdout: string;
}

/** Characters of a failed program's output: the end is where it says why. */
const SHOWN = 3000;

/** Only a shell tells what a program's own children took. */
const MEASURED = ["-c", 'TIMEFORMAT="%U %S"; time "$@"', "bash"];

/** Runs a program to its end. @throws with what it said where it exits with anything but 0 */
export function timed(program: string, args: string[], cwd: string, env: NodeJS.ProcessEnv): Ended {
  const began = process.hrtime.bigint();
  const { status, error, stdout, stderr } = spawnSync("bash", [...MEASURED, program, ...args], {
    cwd,
    env,
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  });
  const seconds = Number(process.hrtime.bigint() - began) / 1e9;
  if (error) throw error;
  const said = `${stdout}\n${stderr}`.slice(-SHOWN);
  if (status !== 0) throw new Error(`${program} ${args.join(" ")} exited ${status}:\n…${said}`);
  const [user, system] = stderr.trim().split("\n").at(-1)!.split(" ").map(Number);
  return { seconds, processor: user! + system!, stdout };
}
