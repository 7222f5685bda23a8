import * as pulumi from "@pulumi/pulumi";

/**
 * The provider of every dynamic resource here, as Pulumi keeps it in a resource's inputs: text that its process of
 * dynamic providers runs. Written by hand, as it is one line that loads a file of the checkout; to have Pulumi make it
 * of a function costs half a second and a TypeScript compiler in every run, and 5 kB of state for each resource.
 */
const PROVIDER = "exports.handler = () => require(process.cwd() + '/components/module-provider.cjs');\n";

/**
 * A dynamic resource whose provider is what a module of the project exports: `code`, `components/traffic#Traffic`,
 * stands for `providers.Traffic` of components/traffic.ts. The state holds no copies of code, and a delete runs the code
 * of the checkout like everything else (docs/decisions/0007).
 */
export abstract class ModuleResource extends pulumi.CustomResource {
  /** @param type `nexus:Role`; the type token is `pulumi-nodejs:dynamic/nexus:Role`, as of `pulumi.dynamic.Resource` */
  constructor(
    type: `${string}:${string}`,
    name: string,
    props: { readonly code: string; readonly [property: string]: unknown },
    opts?: pulumi.CustomResourceOptions,
  ) {
    super(`pulumi-nodejs:dynamic/${type}`, name, { ...props, __provider: PROVIDER }, opts);
  }
}

/** What such a module exports in `providers`: all of it, so that nobody has to ask what is there. */
export type ModuleProvider = Required<Omit<pulumi.dynamic.ResourceProvider, "configure">>;
