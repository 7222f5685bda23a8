import { resolve } from "node:path";
import { ADMIN_PASSWORD } from "../../components/compose/secret-names";
import { writeFolder } from "../compose/compose-folder";
import { NODE_IMAGE, stackCompose } from "../compose/stack-compose";
import { startObstacles } from "../compose/start-obstacles";
import { projectRoot } from "../engine/project";
import { StackFile } from "../stack-file/stack-file";
import { defineCommand, stackArgument, stackName } from "../terminal/command";
import { CommandError, Exit } from "../terminal/exit";

export const compose = defineCommand({
  name: "compose",
  summary:
    "Print a docker-compose.yml with the stack's Nexus and the proxy in front of it, configured on start",
  effect: "read-only",
  args: [stackArgument],
  options: [
    {
      flags: "--out <folder>",
      summary: "write it there, with the files that it needs beside it",
      values: "files",
    },
    { flags: "--check", summary: "fail (exit 1) where a start on this machine would" },
    { flags: "--node-image <image>", summary: `what configures Nexus runs in (${NODE_IMAGE})` },
  ],
  example: "berth compose dev --out nexus --check && docker compose -f nexus/docker-compose.yml up --wait",
  async run({ args: [given], options: { out, check, nodeImage = NODE_IMAGE }, report }) {
    const stack = stackName(given);
    const folder = out === undefined ? undefined : resolve(out);
    const file = await StackFile.open(stack);
    process.chdir(projectRoot()); // paths in settings are relative to it
    const settings = file.settingsToApply();
    const made = await stackCompose({ stack, settings, written: file.written(), nodeImage });
    for (const notice of made.notices) report.say(notice);
    const obstacles = folder || check ? await startObstacles(made.project, made.nexus) : [];
    if (check && obstacles.length > 0)
      throw new CommandError(`It can't be started here:\n${obstacles.join("\n")}`);
    for (const obstacle of obstacles) report.say(`It can't be started here: ${obstacle}`);
    if (folder === undefined) {
      report.data({ project: made.project, compose: made.compose }, () => made.compose.trimEnd());
      report.say(`It needs files beside it: berth compose ${stack} --out FOLDER writes them, too.`);
      return Exit.done;
    }
    const { compose, files } = made;
    const secrets = await writeFolder(folder, { compose, files, secrets: await made.secrets() });
    const told = { project: made.project, folder, madeSecrets: secrets.made, obstacles };
    report.data(told, () => folderText(folder, secrets.made));
    return Exit.done;
  },
});

function folderText(folder: string, made: readonly string[]): string {
  const secrets = `${folder}/secrets`;
  return [
    `${folder}/docker-compose.yml is written, with what it needs beside it.`,
    made.length > 0
      ? `Passwords were made, each in a file of its own in ${secrets}: ${made.join(", ")}.`
      : `The passwords in ${secrets} stay as they are.`,
    `admin's is in ${secrets}/${ADMIN_PASSWORD}.`,
    `Start it: docker compose -f ${folder}/docker-compose.yml up --wait`,
  ].join("\n");
}
