import { plannedFile, RELEASE_FILE } from "../../components/gitops/release-file";
import { fileLabel } from "../../components/gitops/target-file";
import type { FileChange, PlannedChange } from "../change/model/change";
import type { Properties } from "../change/model/shown";
import { CommandError } from "../terminal/exit";
import { finding } from "./finding";

/**
 * What an update would write into files, as they are now. A job of a merge request may have no token for them: then it isn't known.
 * @throws CommandError for files that can't be written, whoever tries
 */
export async function fileChanges(
  planned: readonly PlannedChange[],
  inputsOf: (urn: string) => Properties,
): Promise<FileChange[]> {
  const due = planned.filter(
    ({ type, operation }) => type === RELEASE_FILE && ["create", "update", "replace"].includes(operation),
  );
  const looks = due.map(async ({ urn }) => {
    const inputs = inputsOf(urn);
    const target = plannedFile(inputs);
    if (!target) return [];
    const image =
      typeof inputs["image"] === "string" && inputs["image"].includes("@") ? inputs["image"] : undefined;
    const file = { app: target.app, file: fileLabel(target), mergeRequest: target.mergeRequest };
    const look = await finding(target, async (there) => {
      const plan = await there.plan({ tag: target.tag, image });
      return { ...plan, unproven: await there.checkChart() };
    });
    return [{ file, look }];
  });
  const looked = (await Promise.all(looks)).flat();
  const refused = looked.flatMap(({ look }) => ("refused" in look ? [look.refused] : []));
  if (refused.length > 0) throw new CommandError(["An update could not write:", ...refused].join("\n"));
  return looked.map(({ file, look }) => {
    if (!("found" in look)) return { ...file, changes: [], unknown: Object.values(look).join() };
    const { changes, hasWindowsLineEnds, unproven } = look.found;
    return {
      ...file,
      changes,
      ...(hasWindowsLineEnds && { hasWindowsLineEnds }),
      ...(unproven !== undefined && { unproven }),
    };
  });
}
