import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { join } from "node:path";
import { codeRoot } from "../../components/values/own-place";
import { defineCommand } from "../terminal/command";
import { CommandError, Exit, type ExitCode } from "../terminal/exit";

const VERBS = ["up", "down", "status", "env", "pipeline"];

export const sandbox = defineCommand({
  name: "sandbox",
  summary: "The offline stand-ins: up, down, status, env, pipeline",
  effect: "changes the stack",
  args: [
    {
      name: "<verb>",
      summary: "up, down, status, env (prints what a shell needs: eval it) or pipeline (runs .gitlab-ci.yml)",
      values: VERBS,
    },
    { name: "[options...]", summary: "passed on" },
  ],
  example: 'berth sandbox up && eval "$(npx berth sandbox env)"',
  async run({ args: [verb, ...rest], report }) {
    if (verb === undefined || !VERBS.includes(verb))
      throw new CommandError(`berth sandbox ${verb}: expected ${VERBS.join(", ")}`, Exit.usage);
    const options = rest.filter((option) => option !== undefined);
    const main = sandboxMain();
    const flags = report.json ? ["--json"] : [];
    const child = spawn(process.execPath, [main, verb!, ...options, ...flags], { stdio: "inherit" });
    const code = await new Promise<number>((resolve, reject) => {
      child.on("error", reject);
      child.on("exit", (status) => resolve(status ?? Exit.failed));
    });
    return code as ExitCode;
  },
});

/** The sandbox is a package of its own, for who wants it: beside Berth, or the project's own. */
function sandboxMain(): string {
  const paths = [codeRoot, process.cwd()];
  try {
    return createRequire(join(codeRoot, "index.js")).resolve("berth-sandbox/main.cjs", { paths });
  } catch {
    throw new CommandError(
      "The sandbox is a package of its own, and it isn't installed: npm install --save-dev berth-sandbox (in a checkout of Berth: npm ci).",
    );
  }
}
