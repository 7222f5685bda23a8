import type { DynamicProvider } from "../../base/dynamic-provider";
import type { Kind } from "../object/kind";
import { lifeOf } from "../object/object-provider";
import { activeRealms } from "./active-realms";
import { anonymousAccess } from "./anonymous-access";
import { certificate } from "./certificate";
import { cleanupPolicy } from "./cleanup-policy";
import { contentSelector } from "./content-selector";
import { eula } from "./eula";
import { fileBlobStore } from "./file-blob-store";
import { outboundHttp } from "./outbound-http";
import { privilege } from "./privilege";
import { aptGroup, aptHosted, aptProxy } from "./repository/apt-repository";
import { dockerGroup, dockerHosted, dockerProxy } from "./repository/docker-repository";
import { mavenGroup, mavenHosted, mavenProxy } from "./repository/maven-repository";
import {
  goGroup,
  goHosted,
  goProxy,
  helmGroup,
  helmHosted,
  helmProxy,
  npmGroup,
  npmHosted,
  npmProxy,
  pypiGroup,
  pypiHosted,
  pypiProxy,
  rubygemsGroup,
  rubygemsHosted,
  rubygemsProxy,
} from "./repository/package-repository";
import { rawGroup, rawHosted, rawProxy } from "./repository/raw-repository";
import { yumGroup, yumHosted, yumProxy } from "./repository/yum-repository";
import { role } from "./role";
import { routingRule } from "./routing-rule";
import { s3BlobStore } from "./s3-blob-store";
import { ssrfProtection } from "./ssrf-protection";
import { task } from "./task";
import { user } from "./user";

/** Every kind of Nexus object, by the name of its resource type. */
export const kinds = {
  ActiveRealms: activeRealms,
  AnonymousAccess: anonymousAccess,
  AptGroup: aptGroup,
  AptHosted: aptHosted,
  AptProxy: aptProxy,
  Certificate: certificate,
  CleanupPolicy: cleanupPolicy,
  ContentSelector: contentSelector,
  DockerGroup: dockerGroup,
  DockerHosted: dockerHosted,
  DockerProxy: dockerProxy,
  Eula: eula,
  FileBlobStore: fileBlobStore,
  GoGroup: goGroup,
  GoHosted: goHosted,
  GoProxy: goProxy,
  HelmGroup: helmGroup,
  HelmHosted: helmHosted,
  HelmProxy: helmProxy,
  MavenGroup: mavenGroup,
  MavenHosted: mavenHosted,
  MavenProxy: mavenProxy,
  NpmGroup: npmGroup,
  NpmHosted: npmHosted,
  NpmProxy: npmProxy,
  OutboundHttp: outboundHttp,
  Privilege: privilege,
  PypiGroup: pypiGroup,
  PypiHosted: pypiHosted,
  PypiProxy: pypiProxy,
  RawGroup: rawGroup,
  RawHosted: rawHosted,
  RawProxy: rawProxy,
  Role: role,
  RoutingRule: routingRule,
  RubygemsGroup: rubygemsGroup,
  RubygemsHosted: rubygemsHosted,
  RubygemsProxy: rubygemsProxy,
  S3BlobStore: s3BlobStore,
  SsrfProtection: ssrfProtection,
  Task: task,
  User: user,
  YumGroup: yumGroup,
  YumHosted: yumHosted,
  YumProxy: yumProxy,
} satisfies Record<string, Kind>;

export type KindName = keyof typeof kinds;

/** The dynamic provider of each kind: of the logical id `nexus.Role` it is that of `Role`. */
export const providers = Object.fromEntries(
  Object.entries(kinds).map(([name, kind]) => [name, lifeOf(kind)]),
) as Record<KindName, DynamicProvider>;
