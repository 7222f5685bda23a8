import { execFile } from "node:child_process";
import { promisify } from "node:util";
import * as pulumi from "@pulumi/pulumi";
import type { OutputsBefore } from "../base/outputs-before";
import { dockerHost } from "../docker/docker-host";
import { CONTAINER_TYPE } from "../docker/resource-types";
import { saidBy, statusOf } from "../values/error-facts";
import type { EdgeSummary, KeptEdge } from "./edge-proxy";

/** Edges that one container was all of, by the resource's name: `main-edge`. */
export type PreviousEdges = { readonly [edge: string]: KeptEdge | undefined };

/** The whole state of a large stack is some megabytes. */
const LARGEST_STATE = 256 * 1024 * 1024;

interface State {
  readonly deployment?: { readonly resources?: readonly Resource[] };
}

interface Resource {
  readonly urn: string;
  readonly type: string;
  /** A container that was replaced and is about to go. */
  readonly delete?: boolean;
  readonly inputs?: { readonly image?: string };
  readonly outputs?: { readonly name?: string; readonly ports?: readonly { readonly external: number }[] };
}

/**
 * The edges that an older version of Berth made, which publish their ports themselves: nothing can take such a port over
 * without a gap. The stack's state says which, and not labels, as another team may have the same names on a host. After
 * this version's first update its outputs say it. One that is gone from its host is left out.
 * @param hosts the Docker host of each edge
 * @throws RunError where the state of an older version can't be read
 */
export async function previousEdges(
  before: OutputsBefore,
  hosts: { readonly [edge: string]: string },
): Promise<PreviousEdges> {
  const known = before["edges"] as { readonly [edge: string]: EdgeSummary } | undefined;
  if (!known && before["nexusUrl"] === undefined) return {}; // there is nothing yet
  const names = Object.keys(hosts);
  const edges = known
    ? names.map((name) => [name, known[name]?.old] as const)
    : edgesIn(await exportedState(), names);
  const there = edges.map(
    async ([name, edge]) => [name, edge && (await unlessGone(hosts[name]!, edge))] as const,
  );
  return Object.fromEntries(await Promise.all(there));
}

/** The containers of the state that have these resource names. */
export function edgesIn({ deployment }: State, names: readonly string[]): [string, KeptEdge][] {
  return (deployment?.resources ?? []).flatMap(({ urn, type, delete: doomed, inputs, outputs }) => {
    const name = urn.slice(urn.lastIndexOf("::") + 2);
    if (type !== CONTAINER_TYPE || doomed || !names.includes(name)) return [];
    const ports = (outputs?.ports ?? []).map(({ external }) => external);
    const edge: [string, KeptEdge] = [
      name,
      { container: outputs?.name ?? "", ports, image: inputs?.image ?? "" },
    ];
    return [edge];
  });
}

/** Whoever runs this program has a `pulumi` on the path: it is what runs it. */
async function exportedState(): Promise<State> {
  const stack = `${pulumi.getOrganization()}/${pulumi.getProject()}/${pulumi.getStack()}`;
  const command = ["stack", "export", "--stack", stack];
  try {
    const { stdout } = await promisify(execFile)("pulumi", command, { maxBuffer: LARGEST_STATE });
    const state: State = JSON.parse(stdout);
    return state;
  } catch (error) {
    const said = saidBy(error);
    throw new pulumi.RunError(
      `The stack ${stack} is of an older version of Berth. Which ports its edge proxies hold stands in its state, and ` +
        `pulumi ${command.join(" ")} did not give it: ${said}. Nothing was changed.`,
    );
  }
}

async function unlessGone(docker: string, edge: KeptEdge): Promise<KeptEdge | undefined> {
  try {
    await dockerHost(docker).getContainer(edge.container).inspect();
    return edge;
  } catch (error) {
    // Where the host doesn't answer nothing says that it is gone.
    return statusOf(error) === 404 ? undefined : edge;
  }
}
