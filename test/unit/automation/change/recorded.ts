import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { EngineEvent } from "@pulumi/pulumi/automation";
import type { Change, Plan } from "../../../../automation/change/model/change";
import { changeHash } from "../../../../automation/change/model/change-hash";

export const golden = (name: string) => join(__dirname, "golden", name);

/** Events of the real engine (Pulumi CLI 3.260 with its plugins), without what no test needs. */
export function recordedEvents(name: string): EngineEvent[] {
  const lines = readFileSync(golden(`${name}-events.jsonl`), "utf8")
    .trim()
    .split("\n");
  return lines.map((line) => JSON.parse(line) as EngineEvent);
}

export function changeOf(plan: Partial<Plan>, more: Partial<Change> = {}): Change {
  const change = {
    project: "golden",
    stack: "dev",
    secretsCompared: true,
    resources: [],
    releases: [],
    copies: [],
    files: [],
    losses: [],
    heals: [],
    renames: [],
    scales: [],
    runsOnce: [],
    images: [],
    warnings: [],
    ...plan,
    ...more,
  };
  return { ...change, hash: changeHash(change) };
}
