import type { StackFile } from "../stack-file";

const APPS = "berth:apps";

/**
 * Puts releases that are planned for apps among the settings of the program that begins to run, as the engine will
 * give them once the file has the pins. So they can be previewed without a file that says so.
 */
export function setPlannedPin({ planned }: Pick<StackFile, "planned">): void {
  if (planned.length === 0) return;
  const { runtime }: typeof import("@pulumi/pulumi") = require("@pulumi/pulumi");
  const apps = JSON.parse(runtime.getConfig(APPS) ?? "{}") as Record<string, object>;
  for (const { app, release } of planned) apps[app] = { ...apps[app], release };
  runtime.setConfig(APPS, JSON.stringify(apps)); // which leaves out what is undefined
}
