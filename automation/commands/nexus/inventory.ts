import { caller } from "../../../components/nexus/object/object-provider";
import { type Inventory, takeInventory } from "../../nexus/inventory";
import { inventoryEntry, inventoryText } from "../../nexus/inventory-text";
import { managedObjects } from "../../nexus/managed";
import { nexusServer, PATIENCE_MS } from "../../nexus/server";
import { readySettings, settingsText } from "../../nexus/settings-text";
import { openStack } from "../../stack/open-stack";
import { defineCommand, type Invocation, stackArgument, stackName } from "../../terminal/command";
import { Exit } from "../../terminal/exit";
import { outputColumns, wrapped } from "../../terminal/text-table";

export const inventory = defineCommand({
  name: "inventory",
  summary: "List what is in the stack's Nexus and not managed, with the settings that would manage it",
  effect: "read-only",
  args: [stackArgument],
  options: [
    { flags: "--settings", summary: "only the settings, to paste below berth:nexus: in the stack's file" },
  ],
  example: "berth nexus inventory dev --settings",
  async run({ args: [stack], options, report }) {
    const open = await openStack(stackName(stack));
    const [server, managed] = [await nexusServer(open), managedObjects(open.before)];
    const found = await takeInventory(caller(server, PATIENCE_MS), managed, open.file.raw());
    const where = `Nexus at ${server.url}`;
    if (options.settings) tellSettings(found, open.name, report);
    else tellAll(found, { where, stack: open.name }, report);
    return Exit.done;
  },
});

function tellSettings({ unmanaged }: Inventory, stack: string, report: Invocation["report"]): void {
  const translations = unmanaged.map(({ translation }) => translation);
  report.data(readySettings(translations), () => headed(settingsText(translations, outputColumns()), stack));
}

function tellAll(found: Inventory, at: { where: string; stack: string }, report: Invocation["report"]): void {
  const { unmanaged, unread } = found;
  const translations = unmanaged.map(({ translation }) => translation);
  const data = { unmanaged: unmanaged.map(inventoryEntry), unread, settings: readySettings(translations) };
  const columns = outputColumns();
  report.data(data, () => {
    if (unmanaged.length + unread.length === 0)
      return `The stack ${at.stack} manages all that is in ${at.where}.`;
    const count = `${unmanaged.length} ${unmanaged.length === 1 ? "object" : "objects"}`;
    const title = `${count} in ${at.where} that the stack ${at.stack} does not manage:`;
    const list = `${wrapped(title, columns).join("\n")}\n\n${inventoryText(found, columns)}`;
    return unmanaged.length === 0
      ? list
      : `${list}\n\n${headed(settingsText(translations, columns), at.stack)}`;
  });
}

function headed(text: string, stack: string): string {
  const heading = [
    `# The settings that would manage it, below berth:nexus: in`,
    `# Pulumi.${stack}.yaml. Applied as they are, they change nothing in Nexus;`,
    "# what would, or asks for something first, is commented out.",
  ];
  return [...heading.map((line) => `    ${line}`), text].filter(Boolean).join("\n");
}
