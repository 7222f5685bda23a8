import { caller } from "../../../components/nexus/object/object-provider";
import { collectGarbage, type Garbage } from "../../../components/nexus/tasks/garbage";
import { bytesText } from "../../../components/values/bytes-text";
import { nexusServer } from "../../nexus/server";
import { openStack } from "../../stack/open-stack";
import { defineCommand, stackArgument, stackName } from "../../terminal/command";
import { Exit } from "../../terminal/exit";

export const gc = defineCommand({
  name: "gc",
  summary: "Collect garbage in the stack's Nexus, then compact its blob stores, and tell what came free",
  effect: "changes the stack",
  args: [stackArgument],
  example: "berth nexus gc dev",
  async run({ args: [stack], report }) {
    const open = await openStack(stackName(stack));
    const server = await nexusServer(open);
    const garbage = await collectGarbage(caller(server), report.say);
    report.data(garbage, () => garbageText(garbage));
    return Exit.done;
  },
});

/** A line for each blob store, and one for what was left out. */
export function garbageText({ blobStores, skipped }: Garbage): string {
  const stores = blobStores.map(
    ({ name, before, after, freed }) =>
      `${name}: ${bytesText(before)} before, ${bytesText(after)} after, ${bytesText(freed)} freed`,
  );
  const nothing = blobStores.every(({ freed }) => freed <= 0)
    ? ["Nothing came free. Nexus keeps every blob for an hour at least; run again later."]
    : [];
  return [...stores, ...nothing, ...skipped.map((reason) => `left out: ${reason}`)].join("\n");
}
