import { createHmac } from "node:crypto";
import type { PlannedChange } from "../model/change";
import { canonical } from "../model/change-hash";
import { parsePath } from "../model/property-changes";
import type { SecretLeaf } from "./secret-leaves";

/** Logins that GitLab makes anew for each job: the same account in all of them, so that they change nothing. */
const OF_THE_JOB = ["CI_JOB_TOKEN", "CI_REGISTRY_PASSWORD"];

/**
 * Tells whether two previews would write the same secrets, and nothing about what they are.
 * @param leaves the secrets among the resource's inputs
 * @returns undefined where no changed property has a secret in it
 */
export function secretsFingerprint(
  key: Buffer,
  change: PlannedChange,
  leaves: readonly SecretLeaf[],
  env: NodeJS.ProcessEnv = process.env,
): string | undefined {
  if (change.operation === "delete" || change.operation === "forget") return undefined;
  const changed = new Set(change.properties.map(({ path }) => String(parsePath(path)[0])));
  const written = leaves.filter(({ property }) => changed.has(property));
  if (written.length === 0) return undefined;
  const jobs = OF_THE_JOB.flatMap((name) => env[name] || []);
  const told = written.map(({ path, value }) =>
    jobs.includes(value as string) ? canonical([path, "of the job"]) : canonical([path, "is", value]),
  );
  return createHmac("sha256", key)
    .update(canonical([change.urn, told.sort()]))
    .digest("hex");
}
