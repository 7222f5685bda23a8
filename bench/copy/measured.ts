import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";

export interface Measured {
  readonly seconds: number;
  /** Seconds of processors, in steps of 10 ms. */
  readonly processor: number;
  /** MB, the largest that was seen; a short run may end between two looks. */
  readonly memory: number;
}

/** Milliseconds between two looks at a process's memory. */
const LOOK = 20;
/** What a failed program said last is where it says why. */
const SHOWN = 2000;

/** Runs a program to its end. @throws with what it said where it exits with anything but 0 */
export async function measured(command: readonly string[], env: NodeJS.ProcessEnv): Promise<Measured> {
  const [program = "", ...args] = command;
  const before = childrenSeconds();
  const began = process.hrtime.bigint();
  const child = spawn(program, args, { env, stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (text) => {
      said = (said + text).slice(-SHOWN);
    });
  let memory = 0;
  const look = () => {
    memory = Math.max(memory, peakMemory(child.pid));
  };
  const timer = setInterval(look, LOOK);
  const code = await new Promise((resolve, reject) => child.once("exit", resolve).once("error", reject));
  const seconds = Number(process.hrtime.bigint() - began) / 1e9;
  clearInterval(timer);
  if (code !== 0) throw new Error(`${command.join(" ")} exited ${code}:\n${said}`);
  return { seconds, processor: childrenSeconds() - before, memory };
}

function peakMemory(pid: number | undefined): number {
  try {
    return (
      (Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) * 1.024) /
      1000
    );
  } catch {
    // It has ended.
    return 0;
  }
}

/** Of this process's children that have ended (proc(5), "cutime" and "cstime", in the usual hundredths). */
function childrenSeconds(): number {
  const fields = readFileSync("/proc/self/stat", "utf8")
    .replace(/^.*\) /, "")
    .split(" ");
  return (Number(fields[13]) + Number(fields[14])) / 100;
}
