import { randomBytes } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import { type ModuleProvider, ModuleResource } from "./dynamic-module";

/** The label that tells whose a container, volume or network is: a stack's identity, which no other stack has. */
export const IDENTITY_LABEL = "berth.id";
/** For people: the GitLab project of the stack. */
export const OWNER_LABEL = "berth.owner";
export const RESOURCE_LABEL = "berth.resource";
export const APP_LABEL = "berth.app";

/** Set for one run by `berth up --take-over`: the owner in the state that is to be given up. */
export const TAKE_OVER = "BERTH_TAKE_OVER";

/** Label → value. */
export type Labels = { readonly [label: string]: string };

interface Known {
  readonly identity: string;
  readonly owner: string;
}

/**
 * The identity of a stack: 16 hex digits that are made once and kept in its state, so that two checkouts, two backends or
 * two teams never share it, and an owner that people can read. It is on everything that the stack makes; what doesn't
 * carry it is somebody else's (docs/decisions/0019).
 */
export class StackIdentity extends ModuleResource {
  declare readonly identity: pulumi.Output<string>;
  declare readonly owner: pulumi.Output<string>;

  /** @param owner `gitlab.example.com/team/blog`; another one than in the state is refused, at preview too */
  constructor(name: string, args: { readonly owner: string }, opts?: pulumi.CustomResourceOptions) {
    const code = "components/stack-identity#StackIdentity";
    super("stack:Identity", name, { owner: args.owner, identity: undefined, code }, opts);
  }

  /** The labels of one resource. @param more further ones */
  labels(resource: string, more: Labels = {}): pulumi.Output<Labels> {
    const [project, stack] = [pulumi.getProject(), pulumi.getStack()];
    return pulumi.all([this.identity, this.owner]).apply<Labels>(([identity, owner]) => ({
      "berth.project": project,
      "berth.stack": stack,
      [RESOURCE_LABEL]: resource,
      [IDENTITY_LABEL]: identity,
      [OWNER_LABEL]: owner,
      ...more,
    }));
  }

  /** The same as the docker provider takes them. */
  dockerLabels(resource: string, more?: Labels): pulumi.Output<{ label: string; value: string }[]> {
    return this.labels(resource, more).apply((labels) =>
      Object.entries(labels).map(([label, value]) => ({ label, value })),
    );
  }
}

/** Digits of an identity: enough that no two stacks share one. */
const IDENTITY_BYTES = 8;

const stackIdentity: ModuleProvider = {
  check: async (olds, news) => {
    const reason = foreign((olds as Partial<Known>).owner, news.owner);
    return { inputs: news, failures: reason === undefined ? [] : [{ property: "owner", reason }] };
  },
  diff: async (_id, olds, news) => ({ changes: olds.owner !== news.owner }),
  create: async (inputs) => {
    const identity = randomBytes(IDENTITY_BYTES).toString("hex");
    return { id: identity, outs: { ...inputs, identity } };
  },
  update: async (id, _olds, news) => ({ outs: { ...news, identity: id } }),
  read: async (id, props) => ({ id, props: { ...props!, identity: id } }),
  delete: async () => undefined,
};

export const providers = { StackIdentity: stackIdentity };

/** Why a stack is not this checkout's, undefined where it is: it has no owner yet, the same, or is taken over. */
export function foreign(
  owner: string | undefined,
  here: string,
  given: string | undefined = process.env[TAKE_OVER],
): string | undefined {
  if (owner === undefined || owner === here || owner === given) return undefined;
  return (
    `this state belongs to ${owner}, and the settings here are of ${here} (berth:gitlab.url and .project). ` +
    "Nothing was changed. Choose another project name in Pulumi.yaml, another stack name, or another backend; " +
    `if ${owner} was renamed or moved to ${here}: berth up --take-over ${owner}`
  );
}

/** `gitlab.example.com/team/blog`. In host names and paths of GitLab upper case makes no difference. */
export function stackOwner({ url, project }: { readonly url: string; readonly project: string }): string {
  return `${url.replace(/^https?:\/\//, "")}/${project}`.toLowerCase();
}
