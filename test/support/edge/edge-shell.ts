import { spawn } from "node:child_process";

/** Runs a command that a container of an edge is to run, on this machine: a server at 127.0.0.1 stands for the app. */
export function inEdgeShell(
  { command, env }: { readonly command: readonly string[]; readonly env: readonly string[] },
  path = process.env["PATH"],
): Promise<{ exitCode: number; output: string }> {
  const own = Object.fromEntries(
    env.map((pair) => [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)]),
  );
  const [program, ...args] = command;
  const child = spawn(program!, args, { env: { ...own, PATH: path }, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => {
      output += String(chunk);
    });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve({ exitCode: code ?? -1, output }));
  });
}
