import * as pulumi from "@pulumi/pulumi";
import { isOwnCheckout } from "./own-checkout";

/**
 * The provider of every dynamic resource here, as Pulumi keeps it in a resource's inputs: text that its process of
 * dynamic providers runs in the project's folder. Written by hand, as it is one line that loads Berth's code; to have Pulumi
 * make it of a function costs half a second and a TypeScript compiler in every run, and 5 kB of state for each resource.
 * States hold it: what it names stays as it is, the export of the package and the place in a checkout.
 */
const provider = () =>
  isOwnCheckout()
    ? "exports.handler = () => require(process.cwd() + '/components/module-provider.cjs');\n"
    : "exports.handler = () => require('berth/provider');\n";

/**
 * A dynamic resource that the state names by what it is: its input `code`, `deploy.Traffic`, is a logical id of
 * providers.ts. The state holds neither code nor the places of files, and a delete runs the code of today like
 * everything else (docs/decisions/0007).
 */
export abstract class DynamicResource extends pulumi.CustomResource {
  /**
   * @param id logical id: room and class. The type token of `deploy.Traffic` is `pulumi-nodejs:dynamic/deploy:Traffic`, as of
   *   `pulumi.dynamic.Resource`
   */
  constructor(id: `${string}.${string}`, name: string, props: object, opts?: pulumi.CustomResourceOptions) {
    const type = `pulumi-nodejs:dynamic/${id.replace(".", ":")}`;
    super(type, name, { ...props, code: id, __provider: provider() }, opts);
  }
}
