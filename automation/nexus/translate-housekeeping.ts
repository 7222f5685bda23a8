import type { Fields } from "../../components/nexus/object/kind";
import type { ServerTask } from "../../components/nexus/tasks/task-api";
import { Notes, some, type Translation, textsOf, unsayable, without } from "./translation";

/** A cleanup policy, as GET /v1/cleanup-policies or its internal likeness tells it. */
export function translateCleanupPolicy(body: Fields): Translation {
  const key = String(body["name"]);
  const { format, notes, retain, sortBy } = body;
  const criteria = some({
    lastDownloadedDays: body["criteriaLastDownloaded"],
    ageDays: body["criteriaLastBlobUpdated"],
    assetRegex: body["criteriaAssetRegex"],
    releaseType: body["criteriaReleaseType"],
  });
  if (Object.keys(criteria).length === 0) {
    const reason =
      retain === undefined || retain === null ? "it has no criterion" : "its only criterion is retain";
    return unsayable("cleanupPolicies", key, `${reason}, and they need one of their own`);
  }
  const kept = some({ retain, sortBy });
  const settings = { ...without({ format: "*" }, { format }), ...some({ notes }), ...criteria, ...kept };
  return { part: "cleanupPolicies", key, settings, changes: [], remarks: [] };
}

/** A routing rule, from GET /v1/routing-rules. */
export function translateRoutingRule({ name, description, mode, matchers }: Fields): Translation {
  const settings = { mode, matchers: textsOf(matchers), ...some({ description }) };
  return { part: "routingRules", key: String(name), settings, changes: [], remarks: [] };
}

/** A task. Two of one name are one too many for Berth, which finds a task by its name. */
export function translateTask(task: ServerTask, twins: number): Translation {
  const { name, type, enabled, schedule, cronExpression, alertEmail, properties } = task;
  if (twins > 1) return unsayable("tasks", name, `${twins} tasks have this name, and they tell them by it`);
  if (schedule !== "manual" && (schedule !== "cron" || !cronExpression)) {
    const reason = `its schedule is "${schedule}"; they have manual and cron expressions`;
    return unsayable("tasks", name, reason);
  }
  const settings = {
    type,
    ...without({ schedule: "manual" }, { schedule: schedule === "cron" ? cronExpression : schedule }),
    ...(Object.keys(properties).length > 0 && { properties }),
    ...without({ enabled: true }, { enabled }),
    ...some({ alertEmail }),
  };
  return { part: "tasks", key: name, settings, changes: [], remarks: [] };
}

/** An entry of GET /v1/security/ssl/truststore. The settings name a file, which somebody has to make. */
export function translateCertificate(entry: Fields, taken: ReadonlySet<string>): Translation {
  const subject = String(entry["subjectCommonName"] ?? entry["subjectOrganization"] ?? "certificate");
  const word =
    subject
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, "-")
      .replace(/^-|-$/g, "") || "certificate";
  const fingerprint = String(entry["id"]).toLowerCase().replaceAll(":", "");
  const key = taken.has(word) ? `${word}-${fingerprint.slice(0, 8)}` : word;
  const notes = new Notes();
  notes.changes.push(`save it first as certs/${key}.pem:`, ...String(entry["pem"]).trim().split(/\r?\n/));
  return { part: "certificates", key, settings: `certs/${key}.pem`, ...notes };
}
