import type { ModuleProvider } from "../dynamic-module";
import { activeRealms } from "./active-realms";
import { anonymousAccess } from "./anonymous-access";
import { aptGroup, aptHosted, aptProxy } from "./apt-repository";
import { certificate } from "./certificate";
import { cleanupPolicy } from "./cleanup-policy";
import { contentSelector } from "./content-selector";
import { dockerGroup, dockerHosted, dockerProxy } from "./docker-repository";
import { eula } from "./eula";
import { fileBlobStore } from "./file-blob-store";
import type { Kind } from "./kind";
import { lifeOf } from "./life";
import { mavenGroup, mavenHosted, mavenProxy } from "./maven-repository";
import { outboundHttp } from "./outbound-http";
import {
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
} from "./package-repository";
import { privilege } from "./privilege";
import { rawGroup, rawHosted, rawProxy } from "./raw-repository";
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
} satisfies Record<string, Kind>;

export type KindName = keyof typeof kinds;

/** The dynamic provider of each kind, for dynamic-module.ts: `components/nexus/kinds#Role`. */
export const providers = Object.fromEntries(
  Object.entries(kinds).map(([name, kind]) => [name, lifeOf(kind)]),
) as Record<KindName, ModuleProvider>;
