import type * as pulumi from "@pulumi/pulumi";
import type { Kind } from "../../object/kind";
import type { ContentArgs } from "../../object/nexus-object";
import {
  groupFields,
  hostedFields,
  proxyFields,
  Repository,
  repositoryKind,
  SONATYPES_OWN_HAVE_THEM,
} from "./repository";
import { notWritable, writableGroupFields } from "./writable-group";

/** A class of repositories, by the arguments that they take. */
type RepositoryClass<Args> = new (
  name: string,
  args: Args,
  opts?: pulumi.CustomResourceOptions,
) => Repository;
type NexusFields = ConstructorParameters<typeof Repository>[2];

/** Repositories of formats that have no fields of their own. */

const more = { elsewhere: SONATYPES_OWN_HAVE_THEM };
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

// In Sonatype's description of 3.94; older servers have proxies and groups only, and refuse a hosted one at preview.
export const goHosted = repositoryKind("go", "hosted");
export const goProxy = repositoryKind("go", "proxy", more);
export const goGroup = repositoryKind("go", "group", more);

/** Packages of JavaScript. */
export const NpmHosted = resourceOf(npmHosted, hostedFields);
export const NpmProxy = resourceOf(npmProxy, proxyFields);
export const NpmGroup = resourceOf(npmGroup, writableGroupFields);

/** Packages of Python. */
export const PypiHosted = resourceOf(pypiHosted, hostedFields);
export const PypiProxy = resourceOf(pypiProxy, proxyFields);
export const PypiGroup = resourceOf(pypiGroup, writableGroupFields);

/** Gems of Ruby. */
export const RubygemsHosted = resourceOf(rubygemsHosted, hostedFields);
export const RubygemsProxy = resourceOf(rubygemsProxy, proxyFields);
export const RubygemsGroup = resourceOf(rubygemsGroup, groupFields);

/** Charts of Helm. */
export const HelmHosted = resourceOf(helmHosted, hostedFields);
export const HelmProxy = resourceOf(helmProxy, proxyFields);
export const HelmGroup = resourceOf(helmGroup, groupFields);

/** Modules of Go. */
export const GoHosted = resourceOf(goHosted, hostedFields);
export const GoProxy = resourceOf(goProxy, proxyFields);
export const GoGroup = resourceOf(goGroup, groupFields);

/** The class of a kind's resources. @param fieldsOf what Nexus is told of the arguments */
function resourceOf<Args extends ContentArgs>(
  kind: Kind,
  fieldsOf: (args: Args) => NexusFields,
): RepositoryClass<Args> {
  return class extends Repository {
    constructor(name: string, args: Args, opts?: pulumi.CustomResourceOptions) {
      super(kind, name, fieldsOf(args), opts);
    }
  };
}
