import { caller } from "../../../components/nexus/object/object-provider";
import { listRepositories, repositoriesText } from "../../nexus/list-repositories";
import { nexusServer, PATIENCE_MS } from "../../nexus/server";
import { openStack } from "../../stack/open-stack";
import { defineCommand, stackArgument, stackName } from "../../terminal/command";
import { Exit } from "../../terminal/exit";

export const repositories = defineCommand({
  name: "repositories",
  summary: "List the repositories in the stack's Nexus, with the addresses that clients use",
  effect: "read-only",
  args: [stackArgument],
  example: "berth nexus repositories dev",
  async run({ args: [stack], report }) {
    const open = await openStack(stackName(stack));
    const server = await nexusServer(open);
    const found = await listRepositories(caller(server, PATIENCE_MS), open.file.settings().nexus);
    report.data(found, () => repositoriesText(found));
    return Exit.done;
  },
});
