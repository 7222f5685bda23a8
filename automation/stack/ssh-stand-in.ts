import { rmSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { agentProblem } from "../../components/image/ssh-agent";
import { newTemporaryFolder } from "../../components/values/temporary-folder";

/**
 * For an engine's plugins where nobody runs an ssh agent: a socket on which nobody answers. Pulumi's plugin for buildx looks whether there is
 * one whenever it is told of an image with `ssh`, also for a preview and for an image that stays (Check of pulumi-docker-build,
 * provider/internal/image.go). What is to be built without an agent is refused before (components/image/ssh-agent.ts). Until this process ends.
 * @returns what the engine's environment gets
 */
export async function sshStandIn(env: NodeJS.ProcessEnv = process.env): Promise<Record<string, string>> {
  if (agentProblem(env["SSH_AUTH_SOCK"]) === undefined) return {};
  const folder = newTemporaryFolder("berth-no-agent");
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  const socket = join(folder, "socket");
  const server = createServer((connection) => connection.destroy()).unref();
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(socket, resolve));
  return { SSH_AUTH_SOCK: socket };
}
