import { existsSync, mkdirSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";

/**
 * A job may have a `$PULUMI_HOME` of its own, to keep plugins in one of its caches, and would download what is missing
 * there. Here the machine's plugins take the place of the download.
 */
export function offerPlugins(machine: NodeJS.ProcessEnv, job: NodeJS.ProcessEnv): void {
  const [from, home] = [machine["PULUMI_HOME"], job["PULUMI_HOME"]];
  if (from === undefined || home === undefined || from === home) return;
  const [source, target] = [join(from, "plugins"), join(home, "plugins")];
  if (!existsSync(source) || existsSync(target)) return;
  mkdirSync(home, { recursive: true });
  rmSync(target, { force: true }); // a link of before, that leads nowhere
  symlinkSync(source, target);
}
