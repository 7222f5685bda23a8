import { join } from "node:path";
import { type Ended, timed } from "./timed";

const QUICK = join(__dirname, "..", "..", "automation", "quick-start.cjs");

/** What a program does before its first resource, one step after the other. */
const STEPS: readonly (readonly [string, string[]])[] = [
  ["node starts", ["-e", "0"]],
  ["… and loads tsx", ["--require", "tsx/cjs", "-e", "0"]],
  ["… and @pulumi/pulumi", ["--require", "tsx/cjs", "-e", "require('@pulumi/pulumi')"]],
  ["the same by automation/quick-start.cjs", ["--require", QUICK, "-e", "require('@pulumi/pulumi')"]],
  [
    "… and its Automation API",
    ["--require", QUICK, "-e", "require('@pulumi/pulumi');require('@pulumi/pulumi/automation')"],
  ],
];

/** Each of them, by what it is. */
export function programStart(): [string, Ended][] {
  return STEPS.map(([name, args]) => [name, timed(process.execPath, args, process.cwd(), process.env)]);
}
