import type { ContainerInfo } from "dockerode";
import { APP_LABEL, PROCESS_LABEL, RESOURCE_LABEL } from "../../components/base/stack-identity";
import { everyApp, type Settings } from "../../components/settings/settings";
import type { StackState } from "../engine/stack-state";

/** What a container is, in the words of today. */
export interface PresentName {
  /** `blog-main-container`, `main-edge-a`; empty for what has none. */
  readonly resource: string;
  readonly app?: string | undefined;
  readonly process?: string | undefined;
}

export type Naming = (container: ContainerInfo) => PresentName;

/** By its labels, which keep what it was called when it was made. */
export const labelledName: Naming = ({ Labels }) => ({
  resource: Labels[RESOURCE_LABEL] ?? "",
  app: Labels[APP_LABEL],
  process: Labels[PROCESS_LABEL],
});

/**
 * By the state, which follows renames while labels can't, and by what settings say that something was: a rename may not be
 * applied yet.
 */
export function presentNaming(state: Pick<StackState, "nameOf">, settings: Settings): Naming {
  const { servers } = settings;
  const apps = everyApp(settings);
  return (container) => {
    const label = labelledName(container);
    const resource = state.nameOf(container.Id) || label.resource;
    if (label.app === undefined) {
      const [, server = resource, end = ""] = /^(.*)(-edge(?:-[ab]|-\d+)?)$/.exec(resource) ?? [];
      return { resource: heirOf(server, servers) + end };
    }
    const { process } = label;
    const app = heirOf(label.app, apps);
    const then = [app, label.app].find((name) => resource.startsWith(`${name}-`));
    const what = { app, ...(process !== undefined && { process }) };
    if (then === undefined) return { resource, ...what };
    const [kind = ""] = /-(container|run)$/.exec(resource) ?? [];
    const end = process !== undefined && kind === "-container" ? `-${process}${kind}` : kind;
    const server = resource.slice(then.length + 1, resource.length - end.length);
    return { resource: `${app}-${heirOf(server, servers)}${end}`, ...what };
  };
}

type Named = { readonly name: string; readonly was?: string | undefined };

/** The name of today of what was called that. */
function heirOf(name: string, things: readonly Named[]): string {
  return things.find(({ was }) => was === name)?.name ?? name;
}
