import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";
import { root } from "../stack/sandbox";
import type { Answer, Answers } from "./load-process";

export type { Answer, Answers };

/** A bounded, steady load on one address, made by a process of its own so that a busy test doesn't slow it down. */
export class Load {
  private readonly child: ChildProcess;
  private readonly ended: Promise<Answers>;
  private told = false;

  /**
   * @param most how many requests at most; they end with it
   * @param ca PEM of the authorities that it trusts, where it speaks TLS
   */
  constructor(url: string, perSecond: number, most: number, ca?: string) {
    const script = join(root, "test", "support", "edge", "load-process.ts");
    const execArgv = ["--require", "tsx/cjs"];
    this.child = fork(script, [url, String(perSecond), String(most)], {
      cwd: root,
      execArgv,
      env: { ...process.env, ...(ca && { BERTH_LOAD_CA: ca }) },
    });
    this.ended = new Promise((resolve, reject) => {
      this.child.once("message", (answers) => resolve(answers as Answers));
      this.child.once("error", reject);
      this.child.once("exit", (code) => reject(new Error(`the load ended with exit code ${code}`)));
    });
    // Whoever stops it hears of it.
    this.ended.catch(() => undefined);
  }

  /** Asks nothing more, and gives what came of all that was asked. */
  async stop(): Promise<Answers> {
    // One that comes to its own end at this moment hears of it no more: its answers are on the way.
    if (this.child.connected && !this.told) this.child.send("stop", () => undefined);
    this.told = true;
    return this.ended;
  }
}

/** `3 of 12000 failed (first: ECONNRESET after 2 ms); slowest 120 ms` */
export function summary({ answers }: Answers): string {
  const failed = answers.filter(({ failure }) => failure !== undefined);
  const [first] = failed;
  const why = first ? ` (first: ${first.failure} after ${Math.round(first.ms)} ms)` : "";
  const slowest = answers.reduce((most, { ms }) => Math.max(most, ms), 0);
  return `${failed.length} of ${answers.length} failed${why}; slowest ${Math.round(slowest)} ms`;
}
