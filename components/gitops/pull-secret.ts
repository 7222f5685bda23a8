import * as pulumi from "@pulumi/pulumi";
import * as z from "zod/mini";
import { dynamicProvider } from "../base/dynamic-provider";
import { DynamicResource } from "../base/dynamic-resource";
import { hasShape, type Shape } from "../base/shape";
import { Cluster } from "../cluster/cluster";
import { ClusterError } from "../cluster/cluster-error";
import type { ClusterPlace } from "../cluster/kubeconfig";
import {
  lookAtPullSecret,
  type PullSecretWish,
  putPullSecret,
  removePullSecret,
} from "../cluster/pull-secret";
import type { AppSettings } from "../settings/app-settings";

/** A Secret's place in a cluster. */
export interface PullSecretPlace extends ClusterPlace {
  /** Of the Secret. */
  readonly name: string;
}

export interface PullSecretArgs extends PullSecretPlace {
  /** `host:port` of the repositories in Nexus that nodes pull from. */
  readonly registry: pulumi.Input<string>;
  readonly username: pulumi.Input<string>;
  readonly password: pulumi.Input<string>;
  /** The stack's: a Secret without it is somebody else's. */
  readonly identity: pulumi.Input<string>;
}

type Wanted = PullSecretPlace & PullSecretWish;

interface State {
  /** What a look has found instead of the login that was put there; never what is in it. */
  readonly found?: string;
}

/**
 * The login by which a cluster's nodes pull from Nexus, as a Secret for `imagePullSecrets`. A changed password changes it; it goes with
 * the last target that names it. Somebody else's Secret of that name is left alone.
 */
export class PullSecret extends DynamicResource {
  constructor(name: string, args: PullSecretArgs, opts?: pulumi.CustomResourceOptions) {
    const props = { ...args, password: pulumi.secret(args.password), found: undefined };
    const secretly = pulumi.mergeOptions(opts, { additionalSecretOutputs: ["password"] });
    super("gitops.PullSecret", name, props, secretly);
  }
}

/** The type of its resources, as states and events have it. */
export const PULL_SECRET = "pulumi-nodejs:dynamic/gitops:PullSecret";

/** The pull secrets that the targets of these apps name, each once. */
export function pullSecretsOf(apps: readonly Pick<AppSettings, "gitops">[]): PullSecretPlace[] {
  const all = apps.flatMap(({ gitops }) =>
    gitops.flatMap(({ cluster }) => {
      if (cluster?.pullSecret === undefined) return [];
      const { kubeconfig, context, namespace, pullSecret: name } = cluster;
      return [{ kubeconfig, context, namespace, name }];
    }),
  );
  return [...new Map(all.map((one) => [secretLabel(one), one])).values()];
}

/** `blog/nexus`, with kubeconfig and context before it where settings name them. */
export function secretLabel({ kubeconfig, context, namespace, name }: PullSecretPlace): string {
  return [kubeconfig, context, `${namespace}/${name}`].filter((part) => part !== undefined).join(" ");
}

const wanted: Shape<Wanted> = z.looseObject({
  kubeconfig: z.optional(z.string()),
  context: z.optional(z.string()),
  namespace: z.string(),
  name: z.string(),
  registry: z.string(),
  username: z.string(),
  password: z.string(),
  identity: z.string(),
});

const secretPlace: Shape<PullSecretPlace & Pick<PullSecretWish, "identity">> = z.looseObject({
  kubeconfig: z.optional(z.string()),
  context: z.optional(z.string()),
  namespace: z.string(),
  name: z.string(),
  identity: z.string(),
});

/** Which Secret these inputs are of; undefined for what is none. */
export function plannedSecret(told: unknown): z.infer<typeof secretPlace> | undefined {
  return hasShape(secretPlace, told) ? told : undefined;
}

const pullSecret = dynamicProvider<Wanted, Wanted & State>({
  id: secretLabel,
  inputs: wanted,
  state: wanted,
  changedBy: ["kubeconfig", "context", "namespace", "name", "registry", "username", "password", "identity"],
  replacedBy: ["kubeconfig", "context", "namespace", "name"],
  isDue,
  apply: async (want) => {
    await putPullSecret(await Cluster.open(want), want);
    return { ...want };
  },
  find,
  remove: async (state) => removePullSecret(await Cluster.open(state), state),
});

export const providers = { PullSecret: pullSecret };

/** Whether somebody has changed it or taken it away. Where it can't be looked at, nothing is known. */
async function isDue(_state: Wanted & State, want: Wanted): Promise<boolean> {
  try {
    return (await lookAtPullSecret(await Cluster.open(want), want)) !== "same";
  } catch (error) {
    if (error instanceof ClusterError) return false;
    throw error;
  }
}

async function find(had: Wanted & State): Promise<(Wanted & State) | undefined> {
  const look = await lookAtPullSecret(await Cluster.open(had), had);
  if (look === "missing") return undefined;
  const { found: _, ...props } = had;
  if (look === "same") return props;
  return { ...props, found: look === "foreign" ? "a Secret of somebody else's" : "another login" };
}
