import type * as pulumi from "@pulumi/pulumi";
import type { KindName } from "./kinds";
import type { ContentArgs } from "./nexus-object";
import { groupFields, hostedFields, proxyFields, Repository, repositoryKind } from "./repository";
import { notWritable, writableGroupFields } from "./writable-group";

type NexusFields = ConstructorParameters<typeof Repository>[2];

/** Repositories of formats that have no fields of their own. */

const more = { elsewhere: "Sonatype's own images and downloads have them" };
const writable = { ...more, refusal: notWritable };

export const npmHosted = repositoryKind("npm", "hosted", more);
export const npmProxy = repositoryKind("npm", "proxy", more);
export const npmGroup = repositoryKind("npm", "group", writable);

export const pypiHosted = repositoryKind("pypi", "hosted", more);
export const pypiProxy = repositoryKind("pypi", "proxy", more);
export const pypiGroup = repositoryKind("pypi", "group", writable);

export const rubygemsHosted = repositoryKind("rubygems", "hosted", more);
export const rubygemsProxy = repositoryKind("rubygems", "proxy", more);
export const rubygemsGroup = repositoryKind("rubygems", "group", more);

export const helmHosted = repositoryKind("helm", "hosted", more);
export const helmProxy = repositoryKind("helm", "proxy", more);
// Came later than the others, in versions that Sonatype's documents before 3.94 don't tell.
export const helmGroup = repositoryKind("helm", "group");

/** Packages of JavaScript. */
export const NpmHosted = resourceOf("NpmHosted", hostedFields);
export const NpmProxy = resourceOf("NpmProxy", proxyFields);
export const NpmGroup = resourceOf("NpmGroup", writableGroupFields);

/** Packages of Python. */
export const PypiHosted = resourceOf("PypiHosted", hostedFields);
export const PypiProxy = resourceOf("PypiProxy", proxyFields);
export const PypiGroup = resourceOf("PypiGroup", writableGroupFields);

/** Gems of Ruby. */
export const RubygemsHosted = resourceOf("RubygemsHosted", hostedFields);
export const RubygemsProxy = resourceOf("RubygemsProxy", proxyFields);
export const RubygemsGroup = resourceOf("RubygemsGroup", groupFields);

/** Charts of Helm. */
export const HelmHosted = resourceOf("HelmHosted", hostedFields);
export const HelmProxy = resourceOf("HelmProxy", proxyFields);
export const HelmGroup = resourceOf("HelmGroup", groupFields);

/** The class of a kind's resources. @param fieldsOf what Nexus is told of the arguments */
function resourceOf<Args extends ContentArgs>(kind: KindName, fieldsOf: (args: Args) => NexusFields) {
  return class extends Repository {
    constructor(name: string, args: Args, opts?: pulumi.CustomResourceOptions) {
      super(kind, name, fieldsOf(args), opts);
    }
  };
}
