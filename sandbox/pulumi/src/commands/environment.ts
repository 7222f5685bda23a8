import type { Flags } from "../cli/flags";
import { UP_FLAGS } from "../cli/operation-flags";
import type { Stack } from "../project/stack";
import { ENGINE_VERSION } from "../version";

/** Values that say something; everything else is recorded as `set`. */
const PLAIN = /^(true|false)$/;

/** What an update's history records of how it was run: names of flags and variables, not their values. */
export function environmentOf(flags: Flags, stack: Stack): { [key: string]: string } {
  const environment: { [key: string]: string } = {
    "exec.kind": flags.string("exec-kind") ?? "cli",
    "pulumi.arch": process.arch === "x64" ? "amd64" : process.arch,
    "pulumi.os": process.platform,
    "pulumi.version": ENGINE_VERSION,
    "runtime.executable": process.execPath,
    "runtime.name": stack.project.runtime,
    "runtime.version": process.version,
    "stack.environments": "[]",
    updatePlan: "false",
  };
  const agent = flags.string("exec-agent");
  if (agent) environment["exec.agent"] = agent;
  for (const [name, value] of Object.entries(process.env)) {
    if (name.startsWith("PULUMI_") && value)
      environment[`pulumi.env.${name}`] = PLAIN.test(value) ? value : "set";
  }
  for (const { name } of UP_FLAGS) {
    const value = flags.string(name);
    if (value !== undefined) environment[`pulumi.flag.${name}`] = PLAIN.test(value) ? value : "set";
  }
  return Object.fromEntries(Object.entries(environment).sort(([a], [b]) => (a < b ? -1 : 1)));
}
