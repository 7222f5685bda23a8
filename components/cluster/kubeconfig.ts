import { X509Certificate } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { messageOf } from "../values/error-facts";
import { ClusterError } from "./cluster-error";

/** The official client. */
export type Client = typeof import("@kubernetes/client-node", { with: { "resolution-mode": "import" }});
export const loadClient: () => Promise<Client> = require("./load-client.cjs");
export type KubeConfig = InstanceType<Client["KubeConfig"]>;

/** Which cluster, and where in it. */
export interface ClusterPlace {
  /** A kubeconfig's path. @default what the environment names, else the cluster that this runs in */
  readonly kubeconfig?: string | undefined;
  /** Of the kubeconfig. @default its current one */
  readonly context?: string | undefined;
  readonly namespace: string;
}

/** GitLab's agent sets the second in jobs; the first is for a job that has another one. */
const VARIABLES = ["BERTH_KUBECONFIG", "KUBECONFIG"] as const;
/** Kubernetes puts it into every pod of a service account. */
const POD_TOKEN = "/var/run/secrets/kubernetes.io/serviceaccount/token";

/** Reads the kubeconfig. @throws ClusterError (misconfigured) */
export async function readKubeconfig(
  { kubeconfig, context }: Omit<ClusterPlace, "namespace">,
  env: NodeJS.ProcessEnv = process.env,
): Promise<KubeConfig> {
  const client = await loadClient();
  const { config, from } = configFrom(client, kubeconfig, env);
  const contexts = config.getContexts().map(({ name }) => name);
  const chosen = context ?? config.getCurrentContext();
  if (!chosen || !contexts.includes(chosen))
    throw misconfigured(
      `${from} has no context ${chosen || "that is current"}; it has ${contexts.join(", ") || "none"}. ` +
        "Name one of them: gitops: { cluster: { context: … } }",
    );
  config.setCurrentContext(chosen);
  if (!config.getCurrentCluster())
    throw misconfigured(`${from}: its context ${chosen} names a cluster that it doesn't have. Mend the file`);
  return config;
}

function configFrom(
  client: Client,
  path: string | undefined,
  env: NodeJS.ProcessEnv,
): { config: KubeConfig; from: string } {
  if (path !== undefined) return readFiles(client, [withHome(path)], `the kubeconfig ${path}`);
  for (const variable of VARIABLES) {
    const given = env[variable]?.trim();
    if (!given) continue;
    // A variable of GitLab's that is not of its type File holds the text itself.
    if (given.includes("\n")) return readText(client, given, `the kubeconfig in ${variable}`);
    const files = given.split(delimiter).filter((file) => file !== "");
    return readFiles(client, files, `the kubeconfig that ${variable} names`);
  }
  if (env["KUBERNETES_SERVICE_HOST"] && existsSync(POD_TOKEN)) {
    const config = new client.KubeConfig();
    config.loadFromCluster();
    return { config, from: "this pod's own cluster" };
  }
  throw misconfigured(
    `there is no kubeconfig to ask the cluster with. Set ${VARIABLES[0]} (else ${VARIABLES[1]} is taken) to the path of one, in GitLab ` +
      "a variable of type File, or name it in gitops: { cluster: { kubeconfig: … } }",
  );
}

/** Several are merged as kubectl does it: what comes first counts. */
function readFiles(client: Client, files: readonly string[], from: string) {
  const config = new client.KubeConfig();
  try {
    for (const file of files) {
      const one = new client.KubeConfig();
      one.loadFromFile(resolve(file));
      if (file === files[0]) config.loadFromFile(resolve(file));
      else config.mergeConfig(one, true);
    }
  } catch (error) {
    throw misconfigured(
      `${from} can't be read (${messageOf(error)}). Is it there, and the file that kubectl takes?`,
    );
  }
  return { config, from };
}

function readText(client: Client, text: string, from: string) {
  const config = new client.KubeConfig();
  try {
    config.loadFromString(text);
  } catch {
    // What a parser says of it may repeat a line with a key.
    throw misconfigured(`${from} can't be read. Is it the whole file that kubectl takes?`);
  }
  return { config, from };
}

function withHome(path: string): string {
  return path.startsWith("~/") ? join(homedir(), path.slice(2)) : path;
}

/** Until when the certificate is good by which a kubeconfig's user is known; undefined where it has none, or it can't be read. */
export function userCertificateEnd(config: KubeConfig): Date | undefined {
  const user = config.getCurrentUser();
  const pem = user?.certFile
    ? readFileSync(user.certFile)
    : user?.certData && Buffer.from(user.certData, "base64");
  return pem ? new Date(new X509Certificate(pem).validTo) : undefined;
}

function misconfigured(message: string): ClusterError {
  return new ClusterError(message, "misconfigured");
}
