import { X509Certificate } from "node:crypto";
import type * as pulumi from "@pulumi/pulumi";
import type Docker from "dockerode";
import * as z from "zod/mini";
import { dynamicProvider } from "../base/dynamic-provider";
import { DynamicResource } from "../base/dynamic-resource";
import type { Shape } from "../base/shape";
import type { Labels } from "../base/stack-identity";
import { messageOf } from "../values/error-facts";
import { dockerHost } from "./docker-host";
import { getFiles, putFiles, withIdleContainer } from "./idle-container";

export interface TrustedCaArgs {
  /** Docker host that is to trust it. */
  readonly docker: pulumi.Input<string>;
  /** Registries as images name them: `nexus.example.com:8082`. */
  readonly registries: pulumi.Input<pulumi.Input<string>[]>;
  /** Root certificate, PEM. */
  readonly ca: pulumi.Input<string>;
  /** Of what is made on the Docker host for it. */
  readonly labels: pulumi.Input<Labels>;
  /** The Docker host may be a new one with every run, as one of a CI job is: each run looks. @default false */
  readonly fleeting?: pulumi.Input<boolean>;
}

type Wanted = pulumi.Unwrap<TrustedCaArgs>;
/** What is read of a state; one of before there were labels has none. */
type Trusting = Pick<Wanted, "docker" | "registries" | "ca"> & { readonly labels?: Labels };

/** Where a Docker daemon looks for it with each pull and push, without a restart. */
const CERTS = "/etc/docker/certs.d";
/** The same in the container that reaches it. */
const INSIDE = "/certs.d";
/** By its first line Berth knows what it may write over and take away. PEM readers skip what is outside the blocks. */
const MARK = "# Berth: the authority of this registry's certificate\n";

/** An authority that a Docker host trusts for some registries: `/etc/docker/certs.d/<registry>/ca.crt`. */
export class TrustedCa extends DynamicResource {
  /** The registries, once they are trusted. */
  declare readonly registries: pulumi.Output<string[]>;

  constructor(name: string, args: TrustedCaArgs, opts?: pulumi.CustomResourceOptions) {
    super("docker.TrustedCa", name, args, opts);
  }
}

const trusting = { docker: z.string(), registries: z.array(z.string()), ca: z.string() };
const labels = z.record(z.string(), z.string());
const wanted: Shape<Wanted> = z.looseObject({
  ...trusting,
  labels,
  fleeting: z.optional(z.boolean()),
});
const state: Shape<Trusting> = z.looseObject({ ...trusting, labels: z.optional(labels) });

const trustedCa = dynamicProvider({
  id: ({ docker }) => `ca on ${docker}`,
  inputs: wanted,
  state,
  changedBy: ["docker", "registries", "ca"],
  replacedBy: ["docker"],
  isDue: async (state, want) => want.fleeting === true && (await isGone(state)),
  apply: async (want, before) => {
    const outs = await trust(want);
    const gone = before?.registries.filter((registry) => !want.registries.includes(registry)) ?? [];
    if (before) await distrust(before, gone);
    return outs;
  },
  find: async (state) => ({ ...state, registries: await trusted(state) }),
  remove: (state) => distrust(state, state.registries),
});

export const providers = { TrustedCa: trustedCa };

async function trust(want: Wanted): Promise<Wanted> {
  assertCertificate(want.ca);
  await inCerts(want, async (container) => {
    for (const registry of want.registries) {
      const there = await fileOf(container, registry);
      const content = MARK + want.ca;
      if (there === content) continue;
      if (there && !there.startsWith(MARK) && there.trim() !== want.ca.trim())
        throw new Error(
          `${want.docker}: ${CERTS}/${registry}/ca.crt is there already, with a certificate that Berth did not write. ` +
            "Rename it (Docker reads every *.crt of the folder) or remove it, and run up again.",
        );
      await putFiles(container, INSIDE, [
        { name: `${registry}/`, mode: 0o755 },
        { name: `${registry}/ca.crt`, mode: 0o644, content },
      ]);
    }
  });
  return { ...want };
}

/** Those of the registries for which exactly this authority is trusted. */
async function trusted(want: Trusting): Promise<string[]> {
  return inCerts(want, async (container) => {
    const found: string[] = [];
    for (const registry of want.registries)
      if ((await fileOf(container, registry)) === MARK + want.ca) found.push(registry);
    return found;
  });
}

/** Of a host that can't be reached nothing is known: an update will tell. */
async function isGone(want: Trusting): Promise<boolean> {
  const found = await trusted(want).catch(() => want.registries);
  return found.length < want.registries.length;
}

/** Takes our files away; one that somebody else has written since stays. */
async function distrust(want: Trusting, registries: readonly string[]): Promise<void> {
  if (registries.length === 0) return;
  await inCerts(want, async (container) => {
    for (const registry of registries) {
      const files = await getFiles(container, `${INSIDE}/${registry}`);
      if (!files?.get(`${registry}/ca.crt`)?.toString().startsWith(MARK)) continue;
      await removeFile(container, registry, files.size === 1);
    }
  });
}

/**
 * The Docker API writes files and removes none. But a file takes the place of a folder of the same name with all in it, so
 * one does, and then the folder comes back, empty. Where other files are in it ours is emptied, which trusts nobody.
 */
async function removeFile(container: Docker.Container, registry: string, isAlone: boolean): Promise<void> {
  const emptied = { name: `${registry}/ca.crt`, mode: 0o644, content: "" };
  const taken = [
    { name: registry, mode: 0o600, content: "" },
    { name: `${registry}/`, mode: 0o755 },
  ];
  await putFiles(container, INSIDE, isAlone ? taken : [emptied]);
}

async function fileOf(container: Docker.Container, registry: string): Promise<string | undefined> {
  const files = await getFiles(container, `${INSIDE}/${registry}/ca.crt`);
  return files?.get("ca.crt")?.toString();
}

async function inCerts<T>(
  { docker, labels = {} }: Trusting,
  work: (container: Docker.Container) => Promise<T>,
): Promise<T> {
  const binds = [`${CERTS}:${INSIDE}`];
  try {
    return await withIdleContainer(dockerHost(docker), { binds, labels }, work);
  } catch (error) {
    throw new Error(`Trust of a registry's authority on ${docker}: ${messageOf(error)}`);
  }
}

function assertCertificate(pem: string): void {
  try {
    new X509Certificate(pem);
  } catch (error) {
    throw new Error(`The authority's certificate is no PEM certificate: ${messageOf(error)}`);
  }
}
