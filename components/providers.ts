import type { DynamicProvider } from "./base/dynamic-provider";

type Inputs = Parameters<DynamicProvider["create"]>[0];

type Load = () => DynamicProvider;

/** The providers of dynamic resources by their logical ids, each with the file that it lies in, loaded when it is asked for. */
const PROVIDERS: Readonly<Record<string, Load>> = {
  "deploy.Drain": () => require("./deploy/processes/drain").providers.Drain,
  "deploy.OldImages": () => require("./deploy/images/old-images").providers.OldImages,
  "deploy.ReleaseCommand": () => require("./deploy/release-command").providers.ReleaseCommand,
  "deploy.SecretVolume": () => require("./deploy/secret-volume").providers.SecretVolume,
  "deploy.Smoke": () => require("./deploy/smoke").providers.Smoke,
  "deploy.Traffic": () => require("./deploy/traffic").providers.Traffic,
  "docker.PlainHttp": () => require("./docker/plain-http").providers.PlainHttp,
  "docker.PublishedPorts": () => require("./docker/published-ports").providers.PublishedPorts,
  "docker.TrustedCa": () => require("./docker/trusted-ca").providers.TrustedCa,
  "docker.VolumeGuard": () => require("./docker/volume-guard").providers.VolumeGuard,
  "edge.EdgeAddresses": () => require("./deploy/edge-addresses").providers.EdgeAddresses,
  "edge.EdgeConfiguration": () => require("./edge/edge-configuration").providers.EdgeConfiguration,
  "edge.EdgeFiles": () => require("./edge/edge-files").providers.EdgeFiles,
  "edge.EdgeReady": () => require("./edge/edge-ready").providers.EdgeReady,
  "gitops.PullSecret": () => require("./gitops/pull-secret").providers.PullSecret,
  "gitops.ReleaseFile": () => require("./gitops/release-file").providers.ReleaseFile,
  "gitops.Rollout": () => require("./gitops/rollout").providers.Rollout,
  "nexus.AdminAccess": () => require("./nexus/admin-access").providers.AdminAccess,
  "nexus.AdminPassword": () => require("./nexus/admin-password").providers.AdminPassword,
  "nexus.BaseAvailable": () => require("./image/base-available").providers.BaseAvailable,
  "nexus.ImageDigest": () => require("./image/image-digest").providers.ImageDigest,
  "nexus.RegistryReady": () => require("./nexus/registry-ready").providers.RegistryReady,
  "registry.KeptTags": () => require("./release/kept-tags").providers.KeptTags,
  "stack.Identity": () => require("./base/stack-identity").providers.StackIdentity,
};

/** What states of earlier versions call them: the places of their files then. Never changed: such states live on. */
const FORMER: Readonly<Record<string, string>> = {
  "components/base-available#BaseAvailable": "nexus.BaseAvailable",
  "components/edge-addresses#EdgeAddresses": "edge.EdgeAddresses",
  "components/edge-configuration#EdgeConfiguration": "edge.EdgeConfiguration",
  "components/edge-files#EdgeFiles": "edge.EdgeFiles",
  "components/edge-ready#EdgeReady": "edge.EdgeReady",
  "components/kept-tags#KeptTags": "registry.KeptTags",
  "components/nexus/admin-password#AdminPassword": "nexus.AdminPassword",
  "components/plain-http#PlainHttp": "docker.PlainHttp",
  "components/published-ports#PublishedPorts": "docker.PublishedPorts",
  "components/registry-ready#RegistryReady": "nexus.RegistryReady",
  "components/release-command#ReleaseCommand": "deploy.ReleaseCommand",
  "components/secret-volume#SecretVolume": "deploy.SecretVolume",
  "components/stack-identity#StackIdentity": "stack.Identity",
  "components/traffic#Traffic": "deploy.Traffic",
  "components/trusted-ca#TrustedCa": "docker.TrustedCa",
  "components/volume-guard#VolumeGuard": "docker.VolumeGuard",
};
const FORMER_KINDS = "components/nexus/kinds#";

/**
 * The provider of a dynamic resource.
 * @param id its logical id, `deploy.Traffic` or `nexus.Role`, or what an earlier version called it
 * @throws Error for one that this version doesn't know
 */
export function providerOf(id: string): DynamicProvider {
  const logical = FORMER[id] ?? id.replace(FORMER_KINDS, "nexus.");
  const load = Object.hasOwn(PROVIDERS, logical) ? PROVIDERS[logical] : undefined;
  const provider = load ? load() : nexusKind(logical);
  if (provider) return provider;
  throw new Error(
    `This version of Berth knows no resource ${id}. Was the stack last updated by a newer one? Use that, or a newer one.`,
  );
}

function nexusKind(id: string): DynamicProvider | undefined {
  const { providers }: typeof import("./nexus/kinds") = require("./nexus/kinds");
  return Object.entries(providers).find(([kind]) => id === `nexus.${kind}`)?.[1];
}

const providerIn = ({ code }: Inputs) => providerOf(String(code));

/** What Pulumi's process of dynamic providers calls, for every dynamic resource: its input or output `code` says which it is. */
export const check: DynamicProvider["check"] = async (olds, news) => providerIn(news).check(olds, news);
export const diff: DynamicProvider["diff"] = async (id, olds, news) => providerIn(news).diff(id, olds, news);
export const create: DynamicProvider["create"] = async (inputs) => providerIn(inputs).create(inputs);
export const read: DynamicProvider["read"] = async (id, props) => providerIn(props).read(id, props);
export const update: DynamicProvider["update"] = async (id, olds, news) =>
  providerIn(news).update(id, olds, news);
const remove: DynamicProvider["delete"] = async (id, props) => providerIn(props).delete(id, props);

export { remove as delete };
