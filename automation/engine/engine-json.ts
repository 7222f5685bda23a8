import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { noEngine } from "./engine-error";
import { readable } from "./file-backend";
import { projectRoot } from "./project";

/**
 * What a `pulumi` command prints as JSON, secrets as the engine hides them. For what the Automation API asks only
 * with every secret decrypted, or gives only without saying which parts are secret.
 */
export async function engineJson<T>(stack: string, args: readonly string[]): Promise<T> {
  const options = { cwd: projectRoot(), maxBuffer: 256 * 1024 * 1024 }; // a state holds every provider's text
  const running = () => promisify(execFile)("pulumi", [...args, "--stack", stack], options);
  const { stdout } = await readable(stack, running).catch((error: NodeJS.ErrnoException) => {
    throw error.code === "ENOENT" ? noEngine() : error;
  });
  const told: T = JSON.parse(stdout);
  return told;
}
