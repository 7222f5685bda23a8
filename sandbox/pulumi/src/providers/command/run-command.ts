import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { PassThrough } from "node:stream";
import type { OperationContext, Props } from "../provider";
import { text, textMap, texts } from "../schema/value";

/** Of a failed command's output, what an error quotes at most. */
const ERROR_CHARACTERS = 8000;
/** After an interrupt, how long a command may take to end before it is killed. */
const GRACE_MILLISECONDS = 5000;

export interface CommandOutput {
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs one command as `local.Command` does: through the interpreter, in the engine's environment plus its own
 * and, unless turned off, the previous run's output. One line feed at the end of each output is dropped.
 * @throws where it can't start, is interrupted, or exits with anything but 0: exit code and output are quoted
 */
export async function runCommand(
  command: string,
  inputs: Props,
  previous: CommandOutput,
  context: OperationContext,
): Promise<CommandOutput> {
  context.signal.throwIfAborted();
  const [program = "/bin/sh", ...parameters] = interpreter(inputs);
  const child = spawn(program, [...parameters, command], {
    cwd: inputs["dir"] === undefined ? process.cwd() : text(inputs["dir"]),
    env: environment(inputs, previous),
    detached: true,
    stdio: "pipe",
  });
  const stop = stopper(child.pid, context.signal);
  const output = { stdout: "", stderr: "", both: "" };
  const follow = (stream: "stdout" | "stderr") => {
    const lines = logLines(inputs, stream, context);
    child[stream].setEncoding("utf8").on("data", (chunk: string) => {
      output[stream] += chunk;
      output.both += chunk;
      lines?.write(chunk);
    });
    child[stream].on("end", () => lines?.end());
  };
  follow("stdout");
  follow("stderr");
  // A command that doesn't read its input ends the pipe early; that is no failure of the command.
  child.stdin.on("error", () => {}).end(text(inputs["stdin"]));
  try {
    const ending = await ended(child, program, inputs);
    if (context.signal.aborted) throw new Error(`Interrupted: running ${JSON.stringify(command)}`);
    if (ending !== "")
      throw new Error(`${ending}: running ${JSON.stringify(command)}:\n${tail(output.both)}`);
  } finally {
    stop();
  }
  return { stdout: output.stdout.replace(/\n$/, ""), stderr: output.stderr.replace(/\n$/, "") };
}

function interpreter(inputs: Props): string[] {
  const own = texts(inputs["interpreter"]);
  return own.length > 0 ? own : ["/bin/sh", "-c"];
}

function environment(inputs: Props, previous: CommandOutput): NodeJS.ProcessEnv {
  const passOn = inputs["addPreviousOutputInEnv"] !== false;
  return {
    ...process.env,
    ...textMap(inputs["environment"]),
    ...(passOn && previous.stdout !== "" ? { PULUMI_COMMAND_STDOUT: previous.stdout } : {}),
    ...(passOn && previous.stderr !== "" ? { PULUMI_COMMAND_STDERR: previous.stderr } : {}),
  };
}

function logLines(
  inputs: Props,
  stream: "stdout" | "stderr",
  context: OperationContext,
): PassThrough | undefined {
  const logging = inputs["logging"] ?? "stdoutAndStderr";
  if (logging !== stream && logging !== "stdoutAndStderr") return undefined;
  const pipe = new PassThrough();
  createInterface({ input: pipe }).on("line", (line) => context.log("status", line));
  return pipe;
}

/** Resolves to "" when the command succeeded, else to how it ended. */
function ended(child: ReturnType<typeof spawn>, program: string, inputs: Props): Promise<string> {
  return new Promise((resolve, reject) => {
    child.once("error", (error: NodeJS.ErrnoException) => {
      const where = inputs["dir"] === undefined ? "" : ` in ${text(inputs["dir"])}`;
      reject(new Error(`Can't start ${program}${where}: ${error.code ?? error.message}`));
    });
    child.once("close", (code, signal) => {
      if (code === 0) resolve("");
      else resolve(code === null ? `signal: ${signal}` : `exit status ${code}`);
    });
  });
}

/** On an interrupt asks the command's whole process group to end, then kills it. */
function stopper(pid: number | undefined, signal: AbortSignal): () => void {
  let timer: NodeJS.Timeout | undefined;
  const send = (name: NodeJS.Signals) => {
    try {
      if (pid !== undefined) process.kill(-pid, name);
    } catch (error) {
      // ESRCH: the group is gone already, which is what was wanted.
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
  };
  const onAbort = () => {
    send("SIGTERM");
    timer = setTimeout(() => send("SIGKILL"), GRACE_MILLISECONDS);
  };
  signal.addEventListener("abort", onAbort, { once: true });
  return () => {
    signal.removeEventListener("abort", onAbort);
    clearTimeout(timer);
  };
}

function tail(output: string): string {
  return output.length <= ERROR_CHARACTERS ? output : `…${output.slice(-ERROR_CHARACTERS)}`;
}
