import { randomBytes } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import * as z from "zod/mini";
import { dynamicProvider } from "./dynamic-provider";
import { DynamicResource } from "./dynamic-resource";
import type { Shape } from "./shape";

/** The label that tells whose a container, volume or network is: a stack's identity, which no other stack has. */
export const IDENTITY_LABEL = "berth.id";
/** For people: the GitLab project of the stack. */
export const OWNER_LABEL = "berth.owner";
export const RESOURCE_LABEL = "berth.resource";
export const APP_LABEL = "berth.app";
/** On the container of a process of an app, beside that of what serves. */
export const PROCESS_LABEL = "berth.process";
/** On the container of a `berth run`, with the name of its server: a command by hand, and no service. */
export const RUN_LABEL = "berth.run";

/** Set for one run by `berth up --take-over`: the owner in the state that is to be given up. */
export const TAKE_OVER = "BERTH_TAKE_OVER";

/** Label → value. */
export type Labels = { readonly [label: string]: string };

interface Owned {
  readonly owner: string;
  readonly identity?: string;
}

/**
 * The identity of a stack: 16 hex digits that are made once and kept in its state, so that two checkouts, two backends or
 * two teams never share it, and an owner that people can read. It is on everything that the stack makes; what doesn't
 * carry it is somebody else's (docs/decisions/0019).
 */
export class StackIdentity extends DynamicResource {
  declare readonly identity: pulumi.Output<string>;
  declare readonly owner: pulumi.Output<string>;

  /** @param owner `gitlab.example.com/team/blog`; another one than in the state is refused, at preview too */
  constructor(name: string, args: { readonly owner: string }, opts?: pulumi.CustomResourceOptions) {
    super("stack.Identity", name, { owner: args.owner, identity: undefined }, opts);
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

const wanted: Shape<Owned> = z.looseObject({ owner: z.string() });

const stackIdentity = dynamicProvider({
  id: ({ identity = "" }) => identity,
  inputs: wanted,
  state: wanted,
  changedBy: ["owner"],
  failures: async (want, before) => {
    const reason = foreign(before?.owner, want.owner);
    return reason === undefined ? [] : [{ property: "owner", reason }];
  },
  apply: (want, _before, id) => ({ ...want, identity: id ?? randomBytes(IDENTITY_BYTES).toString("hex") }),
  find: (state, id) => ({ ...state, identity: id }),
});

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
