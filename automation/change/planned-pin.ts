import type { StackFile } from "../stack-file";

const APPS = "berth:apps";

/**
 * Puts a release that is planned for an app among the settings of the program that begins to run, as the engine will
 * give them once the file has the pin. So it can be previewed without a file that says so.
 */
export function setPlannedPin({ planned }: StackFile): void {
  if (!planned) return;
  const { runtime }: typeof import("@pulumi/pulumi") = require("@pulumi/pulumi");
  const apps = JSON.parse(runtime.getConfig(APPS) ?? "{}") as Record<string, object>;
  const { app, release } = planned;
  runtime.setConfig(APPS, JSON.stringify({ ...apps, [app]: { ...apps[app], release } }));
}
