import { knowSettings } from "../change/secrets/known-settings";
import { ChangedResources, describeChanges } from "../engine/changed-resources";
import { leftFiles } from "../gitops/files-in-state";
import { deletionsIn, describeDeletion } from "../nexus/deletion";
import { managedObjects } from "../nexus/managed";
import { holdsContent } from "../nexus/planned-deletions";
import { type OpenStack, openStack } from "../stack/open-stack";
import { dataVolumes, describeLoss, lossesOf } from "../stack/volume-losses";
import { withLock } from "../stack/with-lock";
import { factsOf } from "../story/facts";
import { told } from "../story/told";
import { ask } from "../terminal/ask";
import { defineCommand, stackArgument, stackName, verboseOption } from "../terminal/command";
import { CommandError, Exit } from "../terminal/exit";
import type { Report } from "../terminal/report";
import { colorOf } from "../terminal/report";

export const destroy = defineCommand({
  name: "destroy",
  summary: "Delete everything the stack made",
  effect: "destroys",
  args: [stackArgument],
  options: [{ flags: "--yes", summary: "don't ask" }, verboseOption],
  example: "berth destroy dev --yes",
  async run({ args: [stack], options, report }) {
    const open = await openStack(stackName(stack));
    await sayWhatWouldBeLost(open, report);
    const nexus =
      open.file.settings().nexus.url === undefined ? "its Nexus and what is in it" : "what it made in Nexus";
    if (!options.yes)
      await ask(`Delete everything of the stack ${open.name}, ${nexus}, its apps and their data?`);
    await knowSettings(open);
    const touched = new ChangedResources();
    const asked = { showSecrets: false, color: colorOf(), onOutput: report.engine };
    const facts = factsOf(open.file.settings());
    const tale = { kind: "destroy", meanwhile: "looking at what there is", facts, report } as const;
    await withLock(open, report, (run) =>
      told(touched.besides(run), tale, (watched) => open.stack.destroy({ ...asked, ...watched })),
    );
    const changes = touched.summary;
    report.data({ changes }, () => describeChanges(changes));
    return Exit.done;
  },
});

/**
 * Names the volumes, repositories and blob stores that hold something.
 * @throws CommandError where the provider would refuse one: found out in the middle, half the stack would be gone
 */
async function sayWhatWouldBeLost(open: OpenStack, report: Report): Promise<void> {
  const planned = managedObjects(open.before).filter(holdsContent);
  const deletions = await deletionsIn(open, planned);
  const volumes = await lossesOf(dataVolumes(open.before));
  const refused = [
    ...volumes.filter((loss) => loss.refused).map(describeLoss),
    ...deletions.filter((deletion) => deletion.refused).map(describeDeletion),
  ];
  if (refused.length > 0) {
    const settings = volumes.filter((loss) => loss.refused).map(({ setting }) => setting);
    throw new CommandError(
      `Nothing was deleted. Destroying the stack ${open.name}:\n${refused.join("\n")}\n` +
        `To lose them, set ${[...new Set([...settings, "berth:nexus.allowDataLoss: true"])].join(", ")}, run \`berth up ${open.name}\`, then destroy.`,
    );
  }
  for (const left of leftFiles(open.before, { apps: [] })) report.say(left);
  for (const loss of volumes) report.say(describeLoss(loss));
  for (const deletion of deletions.filter(({ components }) => components !== 0)) {
    report.say(describeDeletion(deletion));
  }
}
