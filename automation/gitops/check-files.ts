import { projectName, shortName } from "../engine/project";
import type { OpenStack } from "../stack/open-stack";
import { CommandError } from "../terminal/exit";
import type { Report } from "../terminal/report";
import { finding } from "./finding";

/** Stands in for a release's tag: what is checked is the file, and who may write it. */
const ANY_TAG = "none";

/**
 * Makes sure that the files of an update's apps can be written, before anything is built, copied or deployed. Where GitLab gives no
 * answer that is said, and the update goes on: with GitLab down, the way back on servers is needed most.
 * @throws CommandError for all that can't be written, with nothing changed
 */
export async function checkFiles(
  { file, name }: Pick<OpenStack, "file" | "name">,
  report: Report,
): Promise<void> {
  const { apps, gitlab } = file.settings();
  const stack = `${projectName()}/${shortName(name)}`;
  const looks = apps.flatMap((app) =>
    app.gitops.map((target) => {
      const place = { ...target, url: gitlab.url, app: app.name, stack };
      const release = { tag: app.release?.tag ?? ANY_TAG, image: undefined };
      return finding(place, async (file) => {
        await file.check(release);
        return file.checkChart();
      });
    }),
  );
  const found = await Promise.all(looks);
  for (const one of found)
    if ("silent" in one) report.say(`Not known whether a file can be written: ${one.silent}`);
  for (const one of found) if ("found" in one && one.found !== undefined) report.say(one.found);
  const refused = found.flatMap((one) =>
    "refused" in one ? [one.refused] : "hidden" in one ? [one.hidden] : [],
  );
  if (refused.length > 0)
    throw new CommandError(["Nothing was changed. What can't be written:", ...refused].join("\n"));
}
