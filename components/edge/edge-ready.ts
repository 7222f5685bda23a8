import { setTimeout as sleep } from "node:timers/promises";
import type * as pulumi from "@pulumi/pulumi";
import * as z from "zod/mini";
import { dynamicProvider } from "../base/dynamic-provider";
import { DynamicResource } from "../base/dynamic-resource";
import type { Shape } from "../base/shape";
import { dockerHost, lastLogLines } from "../docker/docker-host";
import { getFiles } from "../docker/idle-container";
import { tlsProblem } from "./probe";
import { OWN_ROOT } from "./software/places";

export interface EdgeReadyArgs {
  /** Docker host and container of the edge proxy. */
  readonly docker: pulumi.Input<string>;
  readonly container: pulumi.Input<string>;
  /** Its certificates are of an authority of its own, whose root is to be found out. */
  readonly own: pulumi.Input<boolean>;
  /** PEM of the authority, where it is known and not public. */
  readonly givenCa?: pulumi.Input<string> | undefined;
  /** What must be reached from here with a certificate that is right. */
  readonly addresses: pulumi.Input<{ readonly host: string; readonly port: number }[]>;
  /** Seconds. */
  readonly timeout: pulumi.Input<number>;
}

type Wanted = pulumi.Unwrap<EdgeReadyArgs> & { readonly ca?: string };
/** What the certificate of its authority is found by. */
type Known = Pick<Wanted, "docker" | "container" | "own" | "givenCa" | "ca">;

const PAUSE_MS = 500;
const LOG_LINES = 20;

/** An edge proxy that speaks TLS as clients want it: waited for, and its own authority's root read from it. */
export class EdgeReady extends DynamicResource {
  /** PEM of the authority of its certificates; undefined where that is a public one. */
  declare readonly ca: pulumi.Output<string | undefined>;

  constructor(name: string, args: EdgeReadyArgs, opts?: pulumi.CustomResourceOptions) {
    const props = { ...args, ca: undefined };
    super("edge.EdgeReady", name, props, opts);
  }
}

const known = {
  docker: z.string(),
  container: z.string(),
  own: z.boolean(),
  givenCa: z.optional(z.string()),
  ca: z.optional(z.string()),
};
const state: Shape<Known> = z.looseObject(known);
const wanted: Shape<Wanted> = z.extend(z.looseObject(known), {
  addresses: z.array(z.looseObject({ host: z.string(), port: z.number() })),
  timeout: z.number(),
});

const edgeReady = dynamicProvider({
  id: ({ container }) => `edge ${container}`,
  inputs: wanted,
  state,
  changedBy: ["docker", "container", "own", "givenCa", "addresses"],
  apply: untilReady,
  find: async (want) => {
    const ca = await authority(want);
    return { ...want, ...(ca !== undefined && { ca }) };
  },
});

export const providers = { EdgeReady: edgeReady };

async function untilReady(want: Wanted): Promise<Wanted> {
  const deadline = Date.now() + want.timeout * 1000;
  for (;;) {
    const ca = await authority(want);
    const problem = await problemWith(want, ca);
    if (problem === undefined) return { ...want, ...(ca !== undefined && { ca }) };
    if (Date.now() > deadline) throw await failure(want, problem);
    await sleep(PAUSE_MS);
  }
}

async function problemWith(want: Wanted, ca: string | undefined): Promise<string | undefined> {
  if (want.own && ca === undefined) return "it has not made its authority's certificate";
  for (const address of want.addresses) {
    const problem = await tlsProblem(address, ca);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/** The root of the edge's own authority as long as its container is there, else what is known of it. */
async function authority({ docker, container, own, givenCa, ca }: Known): Promise<string | undefined> {
  if (!own) return givenCa;
  const files = await getFiles(dockerHost(docker).getContainer(container), OWN_ROOT);
  return files?.get("root.crt")?.toString() ?? ca;
}

async function failure({ docker, container, timeout }: Wanted, problem: string): Promise<Error> {
  const log = await lastLogLines(dockerHost(docker).getContainer(container), LOG_LINES);
  return new Error(
    `The edge proxy in container ${container.slice(0, 12)} on ${docker} is not ready after ${timeout} s. ` +
      `${problem}\nIts last log lines:\n${log}`,
  );
}
