import { homedir } from "node:os";
import { codeRoot } from "../../components/values/own-place";
import { lineTerminal } from "../init/answers";
import { init as initialise } from "../init/init";
import { initJson, initText } from "../init/init-text";
import { ownVersions } from "../init/package-file";
import { glance } from "../init/probe-servers";
import { defineCommand } from "../terminal/command";
import { CommandError, Exit } from "../terminal/exit";

export const init = defineCommand({
  name: "init",
  summary: "Write what a repository needs to be deployed by Berth, made of what is in it",
  effect: "writes files",
  options: [
    { flags: "--yes", summary: "ask nothing: take what is found, else what is usual" },
    { flags: "--dry-run", summary: "print the files, write none" },
    {
      flags: "--folder <folder>",
      summary: "of the Pulumi project (the top of a repository with Node, else deploy)",
      values: "files",
    },
    { flags: "--gitlab <url>", summary: "address of GitLab (as the git remote says)" },
    { flags: "--project <path>", summary: "group/name in GitLab (as the git remote says)" },
    { flags: "--registry <host>", summary: "host:port of GitLab's container registry (found by asking)" },
    { flags: "--dev <docker>", summary: "Docker that runs dev ($DOCKER_HOST, else this machine's)" },
    { flags: "--prod <docker>", summary: "Docker that runs prod, ssh://user@host (dev's)" },
    {
      flags: "--nexus <url>",
      summary: "of a Nexus of your own for dev, https://USER@HOST; its password comes later (dev makes one)",
    },
    { flags: "--prod-nexus <url>", summary: "the same for prod, another one than dev's (prod makes one)" },
    {
      flags: "--port <port>",
      summary: "where apps listen that have no EXPOSE (as is usual in their language)",
    },
    { flags: "--pipeline <include>", summary: "Berth's pipeline in GitLab (platform/berth/berth@VERSION)" },
  ],
  example: "berth init --prod ssh://deploy@web1.example.com",
  async run({ options, report }) {
    const { yes = false, dryRun = false, ...given } = options;
    const isTty = process.stdin.isTTY === true;
    if (!isTty && !yes && !dryRun)
      throw new CommandError(
        "There is no terminal to ask on. Say --yes for what is found and usual, with options for the rest (berth init --help), " +
          "or --dry-run to see it.",
        Exit.usage,
      );
    const terminal = isTty && !yes ? lineTerminal(process.stdin, process.stderr, true) : undefined;
    try {
      const surroundings = { folder: process.cwd(), env: process.env, home: homedir(), ask: glance };
      const result = await initialise({
        surroundings,
        given,
        terminal,
        dryRun,
        versions: ownVersions(codeRoot),
      });
      for (const notice of result.notices) report.say(notice);
      report.data(initJson(result, dryRun), () => initText(result, dryRun));
      return Exit.done;
    } finally {
      terminal?.close();
    }
  },
});
