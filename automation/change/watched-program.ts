import { format } from "node:util";
import type { PulumiFn } from "@pulumi/pulumi/automation";
import { withDigests } from "../../components/image/resolve-images";
import { type OpenStack, program } from "../stack/open-stack";
import type { StackFile } from "../stack-file/stack-file";
import type { Report } from "../terminal/report";
import { settingOf } from "./secrets/known-settings";
import type { ProgramSecrets } from "./secrets/program-secrets";

/**
 * The program, every secret heard that it is given and that passes between it and the engine. What it prints by itself is said
 * like everything else: without secrets, and not between the data on standard output.
 */
export function watchedProgram({ file }: OpenStack, secrets: ProgramSecrets, report: Report): PulumiFn {
  const words = file.words(); // before the engine writes into the file
  return secrets.watch(async () => {
    for (const method of ["log", "info", "warn", "error", "debug"] as const) {
      console[method] = (...words: unknown[]) => report.say(format(...words));
    }
    const { runtime }: typeof import("@pulumi/pulumi") = require("@pulumi/pulumi");
    // They reach the program with their secrets in plain text; their file says which they are.
    for (const [name, shape] of Object.entries(file.shapes())) {
      const text = runtime.getConfig(name);
      if (text !== undefined) secrets.keepSettings(shape, settingOf(text));
    }
    const {
      useWritten,
    }: typeof import("../../components/settings/program-file") = require("../../components/settings/program-file");
    useWritten(words);
    setPlannedPin(file);
    setDigests(file);
    return program();
  });
}

const APPS = "berth:apps";

/**
 * Puts releases that are planned for apps among the settings of the program that begins to run, as the engine will
 * give them once the file has the pins. So they can be previewed without a file that says so.
 */
export function setPlannedPin({ planned }: Pick<StackFile, "planned">): void {
  if (planned.length === 0) return;
  const { runtime }: typeof import("@pulumi/pulumi") = require("@pulumi/pulumi");
  const apps: Record<string, object> = JSON.parse(runtime.getConfig(APPS) ?? "{}");
  for (const { app, release } of planned) apps[app] = { ...apps[app], release };
  runtime.setConfig(APPS, JSON.stringify(apps)); // which leaves out what is undefined
}

/** Puts the digests of images of others among the settings of the program that begins to run: it looks none of them up again. */
function setDigests({ digests }: Pick<StackFile, "digests">): void {
  if (Object.keys(digests).length === 0) return;
  const { runtime }: typeof import("@pulumi/pulumi") = require("@pulumi/pulumi");
  const apps: Record<string, object> = JSON.parse(runtime.getConfig(APPS) ?? "{}");
  const named = Object.entries(apps).map(([name, app]) => ({ ...app, name }));
  for (const { name, ...app } of withDigests(named, digests)) apps[name] = app;
  runtime.setConfig(APPS, JSON.stringify(apps));
}
