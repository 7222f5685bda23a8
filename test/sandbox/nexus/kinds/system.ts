import { Certificate, type CertificateArgs } from "../../../../components/nexus/kinds/certificate";
import { Eula, type EulaArgs } from "../../../../components/nexus/kinds/eula";
import { OutboundHttp, type OutboundHttpArgs } from "../../../../components/nexus/kinds/outbound-http";
import { Task, type TaskArgs } from "../../../../components/nexus/kinds/task";
import { FINGERPRINT, PEM } from "../../../support/http/certificate";
import { kindCase, V1 } from "./kind-case";
import type { Json, NexusRest } from "./nexus-rest";
import { passwords } from "./passwords";

const truststore = `${V1}/security/ssl/truststore`;

const outboundProxy = { host: "proxy.invalid", port: 3128 };

const untouched = {
  userAgentSuffix: null,
  timeout: null,
  retries: null,
  nonProxyHosts: null,
  ...untouchedProxy("http"),
  ...untouchedProxy("https"),
};

/**
 * How Nexus goes out. The repositories come after it: where it changes in the very moment in which Nexus stops a proxy for an
 * update, that proxy is FAILED until Nexus restarts ("Failed to stop facets", measured on 3.71).
 */
export const outboundCases = [
  kindCase<OutboundHttpArgs>({
    kind: "OutboundHttp",
    type: OutboundHttp,
    first: { timeoutSeconds: 20 },
    updates: [
      { patch: { timeoutSeconds: 30 }, told: { timeout: 30 } },
      { patch: { retries: 2 }, told: { retries: 2 } },
      { patch: { userAgent: "berth" }, told: { userAgentSuffix: "berth" } },
      {
        patch: { httpProxy: outboundProxy },
        told: { httpEnabled: true, httpHost: "proxy.invalid", httpPort: 3128 },
      },
      {
        patch: { nonProxyHosts: ["remote"], httpsProxy: { ...outboundProxy, port: 3129 } },
        told: { nonProxyHosts: ["remote"], httpsEnabled: true, httpsHost: "proxy.invalid", httpsPort: 3129 },
      },
      {
        patch: { httpProxy: { ...outboundProxy, username: "berth", password: passwords.outbound } },
        told: { httpAuthEnabled: true, httpAuthUsername: "berth" },
      },
      { patch: { httpsProxy: undefined }, told: { httpsEnabled: null } },
    ],
    read: (rest) => rest.direct("coreui_HttpSettings", "read"),
    drift: async (rest) => {
      const told = (await rest.direct("coreui_HttpSettings", "read")) as Json;
      return rest.direct("coreui_HttpSettings", "update", { ...told, timeout: 99 });
    },
    deep: {
      ...untouched,
      userAgentSuffix: "berth",
      timeout: 30,
      retries: 2,
      httpEnabled: true,
      httpHost: "proxy.invalid",
      httpPort: 3128,
      httpAuthEnabled: true,
      httpAuthUsername: "berth",
      httpAuthPassword: "#~NXRM~PLACEHOLDER~PASSWORD~#",
      nonProxyHosts: ["remote"],
    },
    left: untouched,
  }),
];

/** What hangs on hardly anything else. */
export const systemCases = [
  kindCase<CertificateArgs>({
    kind: "Certificate",
    id: FINGERPRINT,
    type: Certificate,
    first: { pem: PEM },
    updates: [],
    read: async (rest) => {
      const { id, subjectCommonName, pem } = ((await found(rest, truststore, "id", FINGERPRINT)) ??
        {}) as Json;
      return id && { id, subjectCommonName, pem: String(pem).trim() };
    },
    gone: (rest) => rest.change("DELETE", `${truststore}/${FINGERPRINT}`),
    deep: { id: FINGERPRINT, subjectCommonName: "Berth test authority", pem: PEM.trim() },
  }),
  kindCase<EulaArgs>({
    kind: "Eula",
    type: Eula,
    first: { accepted: true },
    updates: [],
    read: (rest) => rest.get(`${V1}/system/eula`),
    deep: undefined, // 3.71 has none, and so nothing to accept
  }),
  kindCase<TaskArgs>({
    kind: "Task",
    id: "life-task",
    type: Task,
    uses: ["FileBlobStore"],
    first: { name: "life-task", type: "blobstore.compact", properties: { blobstoreName: "life-blobs" } },
    updates: [
      { patch: { schedule: "0 0 3 * * ?" }, told: { schedule: "advanced", cronExpression: "0 0 3 * * ?" } },
      { patch: { enabled: false }, told: { enabled: false } },
      { patch: { alertEmail: "ops@berth.invalid" }, told: { alertEmail: "ops@berth.invalid" } },
      {
        patch: { notificationCondition: "SUCCESS_FAILURE" },
        told: { notificationCondition: "SUCCESS_FAILURE" },
      },
      {
        patch: { properties: { blobstoreName: "default" } },
        told: { properties: { blobstoreName: "default" } },
      },
      { patch: { schedule: undefined }, told: { schedule: "manual", cronExpression: null } },
    ],
    read: readTask,
    drift: async (rest) => {
      const task = { ...(await wholeTask(rest)), ...(await readTask(rest)) };
      return rest.direct("coreui_Task", "update", { ...task, alertEmail: "hand@berth.invalid" });
    },
    gone: async (rest) => rest.direct("coreui_Task", "remove", (await wholeTask(rest))?.["id"]),
    deep: {
      name: "life-task",
      typeId: "blobstore.compact",
      enabled: false,
      schedule: "manual",
      cronExpression: null,
      startDate: null,
      alertEmail: "ops@berth.invalid",
      notificationCondition: "SUCCESS_FAILURE",
      properties: { blobstoreName: "default" },
    },
  }),
];

function untouchedProxy(kind: "http" | "https"): Json {
  const fields = ["Enabled", "Host", "Port", "AuthEnabled", "AuthUsername", "AuthPassword"];
  return Object.fromEntries(
    [...fields, "AuthNtlmHost", "AuthNtlmDomain"].map((field) => [kind + field, null]),
  );
}

/** With what Nexus keeps for itself: its id, when it ran, properties that begin with a dot. */
async function wholeTask(rest: NexusRest): Promise<Json | undefined> {
  const tasks = (await rest.direct("coreui_Task", "read")) as Json[];
  return tasks.find(({ name }) => name === "life-task");
}

async function readTask(rest: NexusRest): Promise<Json | undefined> {
  const task = await wholeTask(rest);
  if (!task) return undefined;
  const { name, typeId, enabled, schedule, cronExpression, startDate, alertEmail, notificationCondition } =
    task;
  const properties = Object.entries(task["properties"] as Json).filter(([key]) => !key.startsWith("."));
  return {
    name,
    typeId,
    enabled,
    schedule,
    cronExpression,
    startDate,
    alertEmail,
    notificationCondition,
    properties: Object.fromEntries(properties),
  };
}

async function found(rest: NexusRest, path: string, field: string, value: string): Promise<Json | undefined> {
  return ((await rest.get(path)) as Json[]).find((entry) => entry[field] === value);
}
