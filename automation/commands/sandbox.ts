import { spawn } from "node:child_process";
import { join } from "node:path";
import { projectRoot } from "../engine/project";
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
    },
    { name: "[options...]", summary: "passed on" },
  ],
  example: 'berth sandbox up && eval "$(npx berth sandbox env)"',
  async run({ args: [verb, ...rest], report }) {
    if (verb === undefined || !VERBS.includes(verb))
      throw new CommandError(`berth sandbox ${verb}: expected ${VERBS.join(", ")}`, Exit.usage);
    const options = rest.filter((option) => option !== undefined);
    const main = join(projectRoot, "sandbox", "main.cjs");
    const flags = report.json ? ["--json"] : [];
    const child = spawn(process.execPath, [main, verb!, ...options, ...flags], { stdio: "inherit" });
    const code = await new Promise<number>((resolve, reject) => {
      child.on("error", reject);
      child.on("exit", (status) => resolve(status ?? Exit.failed));
    });
    return code as ExitCode;
  },
});
