import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { root } from "./sandbox";

/** The project without its stacks, for a reader of a page, with a `berth` of its own that works with the settings there. */
export function takeCheckout(folder: string): void {
  const list = execFileSync(
    "git",
    ["ls-files", "-z", "components", "automation", "sdks", "*.ts", "*.json", "*.yaml"],
    { cwd: root },
  );
  const others = execFileSync(
    "git",
    ["ls-files", "-z", "--others", "--exclude-standard", "components", "automation"],
    { cwd: root },
  );
  execFileSync("xargs", ["-0", "cp", "--parents", "-t", folder], {
    cwd: root,
    input: Buffer.concat([list, others]),
  });
  const packages = join(folder, "node_modules");
  mkdirSync(join(packages, ".bin"), { recursive: true });
  for (const name of readdirSync(join(root, "node_modules")).filter((one) => !one.startsWith(".")))
    symlinkSync(join(root, "node_modules", name), join(packages, name));
  symlinkSync(join("..", "..", "automation", "berth.cjs"), join(packages, ".bin", "berth"));
}

/** A person's at a desk: nothing of the tests' own, nor what says that a job runs it, with which pnpm and others refuse to change a lock file. */
export function readersShell(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const foreign = /^(CI|CONTINUOUS_INTEGRATION|GITLAB_CI)$|^(BERTH|PULUMI|CI|npm)_/;
  return Object.fromEntries(Object.entries(env).filter(([name]) => !foreign.test(name)));
}
