import { foreign, IDENTITY_LABEL, stackOwner } from "../../components/base/stack-identity";
import { CommandError } from "../terminal/exit";
import { engineJson } from "./engine-json";
import { resourceName } from "./resource-words";

/** What of a resource counts here, as a state and the engine's events tell it. */
export interface StateResource {
  readonly urn: string;
  readonly type: string;
  readonly id?: string;
  readonly inputs?: { readonly [property: string]: unknown };
  readonly outputs?: { readonly [property: string]: unknown };
  /** It was replaced, and is yet to be deleted. */
  readonly delete?: boolean;
  /** Its provider's URN and id, with `::` between. */
  readonly provider?: string;
}

interface Deployment {
  readonly resources?: readonly StateResource[];
  readonly pending_operations?: readonly { readonly type: string; readonly resource: StateResource }[];
}

/** A stack's identity and, for people, whose it is (components/base/stack-identity.ts). */
export interface Identity {
  readonly identity: string;
  readonly owner: string;
}

/** What Docker tells of a container, network or volume, as far as it is known whose it is by that. */
export interface Labelled {
  /** A container's or network's id, a volume's name. */
  readonly id: string;
  readonly labels: { readonly [label: string]: string } | null | undefined;
}

/** Of the resource that is the stack itself. */
export const STACK_TYPE = "pulumi:pulumi:Stack";

/** Of the resource that has the stack's identity as its id. */
export const IDENTITY_TYPE = "pulumi-nodejs:dynamic/stack:Identity";

/** A stack as its state describes it, secrets left encrypted. */
export class StackState {
  readonly resources: readonly StateResource[];
  /** Resources whose creation a run had begun when it was killed. */
  readonly interrupted: readonly StateResource[];
  /** Undefined for a stack of before identities, and for one that was never updated. */
  readonly identity: Identity | undefined;
  private readonly ids: ReadonlySet<string | undefined>;

  /** @param readAt when it was read, or a moment before */
  constructor(
    deployment: Deployment | null | undefined,
    readonly readAt = new Date(),
  ) {
    this.resources = deployment?.resources ?? [];
    this.interrupted = (deployment?.pending_operations ?? [])
      .filter(({ type }) => type === "creating")
      .map(({ resource }) => resource);
    const { id, outputs } = this.resources.find(({ type }) => type === IDENTITY_TYPE) ?? {};
    this.identity = id === undefined ? undefined : { identity: id, owner: String(outputs?.["owner"]) };
    this.ids = new Set(this.resources.map((resource) => resource.id));
  }

  /** @param stack its name; one that was never updated has an empty state */
  static async read(stack: string): Promise<StackState> {
    const readAt = new Date();
    const { deployment } = await engineJson<{ deployment: Deployment | null }>(stack, ["stack", "export"]);
    return new StackState(deployment, readAt);
  }

  /** Whether it stands in the state. */
  lists(id: string): boolean {
    return this.ids.has(id);
  }

  /** Name of the resource with that id, which a rename changes and no label tells. */
  nameOf(id: string): string | undefined {
    const urn = this.resources.find((resource) => resource.id === id)?.urn;
    return urn && resourceName(urn);
  }

  /** The stack's own, secrets left encrypted; none before its first update. */
  get outputs(): { readonly [output: string]: unknown } {
    return this.resources.find(({ type }) => type === STACK_TYPE)?.outputs ?? {};
  }

  providerOf({ provider }: StateResource): StateResource | undefined {
    return this.resources.find(({ urn, id }) => `${urn}::${id}` === provider);
  }

  /**
   * Whether it is this stack's: it carries the stack's identity, or the state lists it, as it does what was made before
   * there were identities. Project, stack and resource names prove nothing: another team may have the same.
   */
  owns({ id, labels }: Labelled): boolean {
    return this.carriesIdentity(labels) || this.lists(id);
  }

  carriesIdentity(labels: Labelled["labels"]): boolean {
    return this.identity !== undefined && labels?.[IDENTITY_LABEL] === this.identity.identity;
  }
}

/** The Docker host of a docker provider, as settings have addresses. */
export function addressOf(provider: StateResource | undefined): string {
  const { host, certPath } = (provider?.inputs ?? {}) as { host?: string; certPath?: string };
  return certPath === undefined ? (host ?? "") : `${host}?certificates=${certPath}`;
}

/** The GitLab project of a checkout's settings. */
interface Here {
  readonly url: string;
  readonly registry: string;
  readonly project: string;
}

/** @throws CommandError where the state is another project's */
export function mustBelong(stack: string, state: StackState, here: Here): void {
  const why = state.identity
    ? foreign(state.identity.owner, stackOwner(here))
    : foreign(imagesOwner(state), `${here.registry}/${here.project}`.toLowerCase());
  if (why !== undefined) throw new CommandError(`The stack ${stack} is somebody else's: ${why}`);
}

/** Whose a stack of before identities is, by the images that it built: `registry.example.com/team/blog`. */
function imagesOwner({ outputs }: Pick<StackState, "outputs">): string | undefined {
  const apps = (outputs["apps"] ?? {}) as { readonly [app: string]: { readonly builtImage?: unknown } };
  const images = Object.values(apps).map(({ builtImage }) => builtImage);
  const image = images.find((one): one is string => typeof one === "string");
  return image?.replace(/\/[^/]*$/, "").toLowerCase();
}
