import type * as pulumi from "@pulumi/pulumi";
import { secretly } from "../base/secretly";
import type { RegistryLogin } from "../gitlab/gitlab-access";
import type { RepositoryDefaults } from "../settings/nexus/nexus-repository-defaults";
import type { RepositorySettings } from "../settings/nexus/nexus-repository-settings";
import type { BlobStoreSettings, NexusSettings } from "../settings/nexus/nexus-settings";
import { FileBlobStore } from "./kinds/file-blob-store";
import { AptGroup, AptHosted, AptProxy } from "./kinds/repository/apt-repository";
import { DockerGroup, DockerHosted, DockerProxy } from "./kinds/repository/docker-repository";
import { MavenGroup, MavenHosted, MavenProxy } from "./kinds/repository/maven-repository";
import {
  GoGroup,
  GoHosted,
  GoProxy,
  HelmGroup,
  HelmHosted,
  HelmProxy,
  NpmGroup,
  NpmHosted,
  NpmProxy,
  PypiGroup,
  PypiHosted,
  PypiProxy,
  RubygemsGroup,
  RubygemsHosted,
  RubygemsProxy,
} from "./kinds/repository/package-repository";
import { RawGroup, RawHosted, RawProxy } from "./kinds/repository/raw-repository";
import { YumGroup, YumHosted, YumProxy } from "./kinds/repository/yum-repository";
import { S3BlobStore } from "./kinds/s3-blob-store";
import type { ContentArgs } from "./object/nexus-object";

const CLASSES = {
  docker: { hosted: DockerHosted, proxy: DockerProxy, group: DockerGroup },
  raw: { hosted: RawHosted, proxy: RawProxy, group: RawGroup },
  maven: { hosted: MavenHosted, proxy: MavenProxy, group: MavenGroup },
  apt: { hosted: AptHosted, proxy: AptProxy, group: AptGroup },
  yum: { hosted: YumHosted, proxy: YumProxy, group: YumGroup },
  npm: { hosted: NpmHosted, proxy: NpmProxy, group: NpmGroup },
  pypi: { hosted: PypiHosted, proxy: PypiProxy, group: PypiGroup },
  rubygems: { hosted: RubygemsHosted, proxy: RubygemsProxy, group: RubygemsGroup },
  helm: { hosted: HelmHosted, proxy: HelmProxy, group: HelmGroup },
  go: { hosted: GoHosted, proxy: GoProxy, group: GoGroup },
} as const;

/** The public hub as Nexus has to name it, and what tells it from any other upstream. */
const HUB_HOST = "registry-1.docker.io";

/** Any of the classes above: each takes what its format and type have. */
type RepositoryClass = new (
  name: string,
  args: ContentArgs & { readonly [field: string]: unknown },
  opts: pulumi.CustomResourceOptions,
) => pulumi.Resource;

/** What a repository is made with besides its settings. */
interface Surroundings extends ContentArgs {
  readonly login?: RegistryLogin | undefined;
  readonly defaults: RepositoryDefaults;
}

/** The resource of one repository of the settings. */
export function repository(
  resourceName: string,
  name: string,
  settings: RepositorySettings,
  { login, defaults, ...common }: Surroundings,
  opts: pulumi.CustomResourceOptions,
): pulumi.Resource {
  const Class = CLASSES[settings.format][settings.type] as unknown as RepositoryClass;
  return new Class(
    resourceName,
    { ...common, name, ...loginArgs(settings, login), ...repositoryArgs(settings, defaults) },
    opts,
  );
}

/** A login that the program has; one in the settings goes before it. */
function loginArgs(settings: RepositorySettings, login: RegistryLogin | undefined) {
  if (!login || settings.type !== "proxy" || settings.username !== undefined) return {};
  return { remoteUsername: login.username, remotePassword: login.password };
}

/** The settings in the words of the resources; what isn't set is left out. */
function repositoryArgs(
  settings: RepositorySettings,
  defaults: RepositoryDefaults,
): { [field: string]: unknown } {
  const { blobStore: store, online, strictContentTypeValidation, contentDisposition } = settings;
  const { versionPolicy, layoutPolicy, distribution, signingKey, signingPassphrase } = settings;
  const args = {
    blobStore: store,
    online,
    strictContentTypeValidation,
    contentDisposition,
    versionPolicy,
    layoutPolicy,
    distribution,
    signingKey: secretly(signingKey),
    passphrase: secretly(signingPassphrase),
    ...(settings.format === "docker" && dockerArgs(settings, defaults)),
    ...typeArgs(settings, defaults),
  };
  return Object.fromEntries(Object.entries(args).filter(([, value]) => value !== undefined));
}

function dockerArgs(settings: RepositorySettings, defaults: RepositoryDefaults) {
  const { port: httpPort, httpsPort, subdomain, byPath: pathEnabled, v1Enabled } = settings;
  const { forceBasicAuth = defaults.forceBasicAuth } = settings;
  return { httpPort, httpsPort, subdomain, pathEnabled, v1Enabled, forceBasicAuth };
}

function typeArgs(settings: RepositorySettings, defaults: RepositoryDefaults): { [field: string]: unknown } {
  if (settings.type === "group") {
    const { members, writableMember } = settings;
    return { members, writableMember };
  }
  // An empty list would come back as null: left out, what was there before goes.
  const cleanupPolicies = settings.cleanup.length > 0 ? settings.cleanup : undefined;
  if (settings.type === "hosted") {
    const { writePolicy, movableLatest, proprietaryComponents, repodataDepth, deployPolicy } = settings;
    return {
      cleanupPolicies,
      writePolicy,
      movableLatest: writePolicy === "ALLOW_ONCE" ? movableLatest : undefined,
      proprietaryComponents,
      repodataDepth,
      deployPolicy,
    };
  }
  return { cleanupPolicies, ...proxyArgs(settings, defaults) };
}

function proxyArgs(
  settings: Extract<RepositorySettings, { type: "proxy" }>,
  defaults: RepositoryDefaults,
): { [field: string]: unknown } {
  const { format, remote, username, password, contentMaxAge, metadataMaxAge, negativeCache } = settings;
  const { routingRule, blocked, autoBlock, retries, timeoutSeconds, preemptiveAuth, flat, indexUrl } =
    settings;
  const trusts = defaults.useTrustStore && remote.startsWith("https:") ? true : undefined;
  const index = new URL(remote).hostname === HUB_HOST ? "HUB" : "REGISTRY";
  return {
    remoteUrl: remote,
    remoteUsername: username,
    remotePassword: secretly(password),
    contentMaxAge,
    metadataMaxAge,
    negativeCacheMinutes: negativeCache,
    routingRule,
    blocked,
    autoBlock,
    retries,
    timeoutSeconds,
    preemptiveAuth,
    useTrustStore: settings.useTrustStore ?? trusts,
    flat: format === "apt" ? (flat ?? false) : undefined,
    indexType: format === "docker" ? (indexUrl === undefined ? index : "CUSTOM") : undefined,
    indexUrl,
  };
}

/** Members before the groups that name them; settings hold no circles. */
export function repositoriesInOrder(
  repositories: NexusSettings["repositories"],
): [string, RepositorySettings][] {
  const ordered = new Map<string, RepositorySettings>();
  const place = (name: string): void => {
    const settings = repositories[name];
    if (settings === undefined || ordered.has(name)) return; // a member that is there already
    if (settings.type === "group") settings.members.forEach(place);
    ordered.set(name, settings);
  };
  Object.keys(repositories).forEach(place);
  return [...ordered];
}

/** The resource of one blob store of the settings. */
export function blobStore(
  resourceName: string,
  name: string,
  settings: BlobStoreSettings,
  common: ContentArgs,
  opts: pulumi.CustomResourceOptions,
): pulumi.Resource {
  const { quota, adopt = common.adopt } = settings;
  const softQuota = quota && { type: quota.type, limit: quota.megabytes * 1e6 };
  const args = { ...common, ...(adopt !== undefined && { adopt }), name, ...(softQuota && { softQuota }) };
  if (settings.type === "file")
    return new FileBlobStore(resourceName, { ...args, path: settings.path ?? name }, opts);
  const {
    type: _type,
    quota: _quota,
    allowDataLoss: _loss,
    adopt: _adopt,
    secretAccessKey,
    ...bucket
  } = settings;
  const secretKey = secretly(secretAccessKey);
  return new S3BlobStore(
    resourceName,
    { ...args, ...bucket, ...(secretKey && { secretAccessKey: secretKey }) },
    opts,
  );
}
