import { IDENTITY_LABEL } from "../base/stack-identity";
import type { Cluster } from "./cluster";
import { ClusterError } from "./cluster-error";
import type { Client } from "./kubeconfig";

type V1Secret = InstanceType<Client["V1Secret"]>;

/** https://kubernetes.io/docs/concepts/configuration/secret/#docker-config-secrets */
const TYPE = "kubernetes.io/dockerconfigjson";
const KEY = ".dockerconfigjson";

export interface PullSecretWish {
  readonly name: string;
  /** `host:port`, or `host`. */
  readonly registry: string;
  readonly username: string;
  readonly password: string;
  /** The stack's. */
  readonly identity: string;
}

/** @throws ClusterError where a Secret of that name is there that isn't the stack's, or nobody may look */
export async function refuseForeignSecret(
  cluster: Cluster,
  wish: Pick<PullSecretWish, "name" | "identity">,
): Promise<void> {
  const found = await read(cluster, wish.name);
  if (found && !isOurs(found, wish)) throw foreign(cluster, wish.name);
}

/** How a pull secret is: as it is wanted, not so, not there, or somebody else's. @throws ClusterError */
export async function lookAtPullSecret(
  cluster: Cluster,
  wish: PullSecretWish,
): Promise<"same" | "other" | "missing" | "foreign"> {
  const found = await read(cluster, wish.name);
  if (!found) return "missing";
  if (!isOurs(found, wish)) return "foreign";
  const isSame = found.type === TYPE && found.data?.[KEY] === contentOf(wish);
  return isSame ? "same" : "other";
}

/** Makes it, or changes it where it is this stack's. @throws ClusterError, also where it is somebody else's */
export async function putPullSecret(cluster: Cluster, wish: PullSecretWish): Promise<void> {
  const { namespace } = cluster;
  const { name } = wish;
  const found = await read(cluster, name);
  if (found && !isOurs(found, wish)) throw foreign(cluster, name);
  const body = secretOf(wish);
  if (found?.type === TYPE)
    await cluster.ask({ verb: "update", resource: "secrets", name }, ({ core }) =>
      core.replaceNamespacedSecret({ name, namespace, body }),
    );
  else {
    // The type of a Secret can't be changed.
    if (found) await removePullSecret(cluster, wish);
    await cluster.ask({ verb: "create", resource: "secrets" }, ({ core }) =>
      core.createNamespacedSecret({ namespace, body }),
    );
  }
}

/** Somebody else's stays, and one that is gone is no failure. @throws ClusterError */
export async function removePullSecret(
  cluster: Cluster,
  wish: Pick<PullSecretWish, "name" | "identity">,
): Promise<void> {
  const { namespace } = cluster;
  const { name } = wish;
  const found = await read(cluster, name);
  if (!found || !isOurs(found, wish)) return;
  await cluster.ask({ verb: "delete", resource: "secrets", name }, ({ core }) =>
    core.deleteNamespacedSecret({ name, namespace }),
  );
}

async function read(cluster: Cluster, name: string): Promise<V1Secret | undefined> {
  const { namespace } = cluster;
  try {
    return await cluster.ask({ verb: "get", resource: "secrets", name }, ({ core }) =>
      core.readNamespacedSecret({ name, namespace }),
    );
  } catch (error) {
    if (error instanceof ClusterError && error.kind === "missing") return undefined;
    throw error;
  }
}

function isOurs({ metadata }: V1Secret, { identity }: Pick<PullSecretWish, "identity">): boolean {
  return metadata?.labels?.[IDENTITY_LABEL] === identity;
}

function secretOf(wish: PullSecretWish): V1Secret {
  const labels = { [IDENTITY_LABEL]: wish.identity, "app.kubernetes.io/managed-by": "berth" };
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: wish.name, labels },
    type: TYPE,
    data: { [KEY]: contentOf(wish) },
  };
}

/** In Base64, as `kubectl create secret docker-registry` makes it. */
function contentOf({ registry, username, password }: PullSecretWish): string {
  const auth = base64(`${username}:${password}`);
  return base64(JSON.stringify({ auths: { [registry]: { username, password, auth } } }));
}

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}

function foreign({ server, namespace }: Cluster, name: string): ClusterError {
  return new ClusterError(
    `cluster ${server}: namespace ${namespace} has a Secret ${name} that isn't this stack's, and it stays as it is. Give the stack's another ` +
      "name (gitops: { cluster: { pullSecret: … } }), or take that one away",
    "refused",
  );
}
