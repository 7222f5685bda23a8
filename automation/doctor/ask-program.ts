import { execFile } from "node:child_process";
import { codeOf } from "../../components/values/error-facts";

export interface Answered {
  /** Whether there is such a program at all. */
  readonly ran: boolean;
  /** Whether there is one that this user may not run. */
  readonly isRefused: boolean;
  /** Its exit code; undefined where it didn't end by itself. */
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** Milliseconds: less than a check has, so that the program has ended when its check has. */
const PATIENCE_MS = 15_000;

/** Runs a program for what it says; that it fails is an answer, too. In English, as what it says is looked through. */
export function ask(program: string, args: readonly string[], cwd?: string): Promise<Answered> {
  const env = { ...process.env, LC_ALL: "C" };
  return new Promise((resolve) => {
    const options = {
      timeout: PATIENCE_MS,
      killSignal: "SIGKILL",
      env,
      ...(cwd !== undefined && { cwd }),
    } as const;
    const child = execFile(program, [...args], options, (error, stdout, stderr) => {
      const why = codeOf(error);
      const isRefused = why === "EACCES";
      resolve({
        ran: why !== "ENOENT" && !isRefused,
        isRefused,
        code: child.exitCode ?? undefined,
        stdout,
        stderr,
      });
    });
  });
}

/** What it said, without the word that errors begin with. */
export function saidOf({ stdout, stderr }: Pick<Answered, "stdout" | "stderr">): string {
  const said = stderr.trim() || stdout.trim();
  return said.replace(/^(fatal|error): /gm, "") || "it said nothing";
}
