import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { measured } from "./measured";
import type { Tool } from "./tools";

/** Seconds by what starts. */
export type StartUps = Map<string, number[]>;

/** How long Node needs to start and to end, and each tool until it asks a registry for the first time. */
export async function timeStartUps(tools: readonly Tool[], into: StartUps): Promise<void> {
  const add = (name: string, seconds: number) => into.set(name, [...(into.get(name) ?? []), seconds]);
  add("`node -e 0`", (await measured([process.execPath, "-e", "0"], tools[0]!.env)).seconds);
  for (const tool of tools) add(`${tool.name}, to its first request`, await firstRequest(tool));
}

async function firstRequest(tool: Tool): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const [program = "", ...args] = tool.command(`${host}/a:1`, `${host}/b:1`, [host]);
  const asked = once(server, "request");
  const began = process.hrtime.bigint();
  const child = spawn(program, args, { env: tool.env, stdio: "ignore" });
  const ended = once(child, "exit");
  await Promise.race([asked, ended]);
  const seconds = Number(process.hrtime.bigint() - began) / 1e9;
  if (child.exitCode !== null)
    throw new Error(`${tool.name} exited ${child.exitCode} without asking anything`);
  child.kill("SIGKILL");
  await ended;
  server.closeAllConnections();
  server.close();
  return seconds;
}
