/**
 * What Berth's program is made of, for programs of your own: `import { Republish } from "berth/components"`. Settings first, then a
 * machine with Nexus and what is in it, images, and the servers that run them; `index.ts` of Berth shows how one needs the other.
 */

export { StackIdentity } from "./base/stack-identity";
export { AppDeployment, type AppDeploymentArgs } from "./deploy/app-deployment";
export { ServerHost, type ServerHostArgs } from "./deploy/server-host";
export { EdgeProxy, type EdgeProxyArgs } from "./edge/edge-proxy";
export { GitlabAccess } from "./gitlab/gitlab-access";
export { GitlabProject, type GitlabProjectArgs } from "./gitlab/gitlab-project";
export { ReleaseFile, type ReleaseFileArgs } from "./gitops/release-file";
export { AppImage, type AppImageArgs } from "./image/app-image";
export { AdminPassword, type AdminPasswordArgs } from "./nexus/admin-password";
export { ActiveRealms, type ActiveRealmsArgs } from "./nexus/kinds/active-realms";
export { AnonymousAccess, type AnonymousAccessArgs } from "./nexus/kinds/anonymous-access";
export { Certificate, type CertificateArgs } from "./nexus/kinds/certificate";
export { CleanupPolicy, type CleanupPolicyArgs } from "./nexus/kinds/cleanup-policy";
export { ContentSelector, type ContentSelectorArgs } from "./nexus/kinds/content-selector";
export { Eula, type EulaArgs } from "./nexus/kinds/eula";
export { FileBlobStore, type FileBlobStoreArgs } from "./nexus/kinds/file-blob-store";
export { OutboundHttp, type OutboundHttpArgs } from "./nexus/kinds/outbound-http";
export { Privilege, type PrivilegeArgs } from "./nexus/kinds/privilege";
export {
  AptGroup,
  AptHosted,
  type AptHostedArgs,
  AptProxy,
  type AptProxyArgs,
} from "./nexus/kinds/repository/apt-repository";
export {
  DockerGroup,
  type DockerGroupArgs,
  DockerHosted,
  type DockerHostedArgs,
  DockerProxy,
  type DockerProxyArgs,
} from "./nexus/kinds/repository/docker-repository";
export {
  MavenGroup,
  MavenHosted,
  type MavenHostedArgs,
  MavenProxy,
  type MavenProxyArgs,
} from "./nexus/kinds/repository/maven-repository";
export {
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
} from "./nexus/kinds/repository/package-repository";
export {
  RawGroup,
  type RawGroupArgs,
  RawHosted,
  type RawHostedArgs,
  RawProxy,
  type RawProxyArgs,
} from "./nexus/kinds/repository/raw-repository";
export type { GroupArgs, HostedArgs, ProxyArgs } from "./nexus/kinds/repository/repository";
export {
  YumGroup,
  type YumGroupArgs,
  YumHosted,
  type YumHostedArgs,
  YumProxy,
  type YumProxyArgs,
} from "./nexus/kinds/repository/yum-repository";
export { Role, type RoleArgs } from "./nexus/kinds/role";
export { RoutingRule, type RoutingRuleArgs } from "./nexus/kinds/routing-rule";
export { S3BlobStore, type S3BlobStoreArgs } from "./nexus/kinds/s3-blob-store";
export { SsrfProtection, type SsrfProtectionArgs } from "./nexus/kinds/ssrf-protection";
export { Task, type TaskArgs } from "./nexus/kinds/task";
export { User, type UserArgs } from "./nexus/kinds/user";
export { NexusConfiguration, type NexusConfigurationArgs } from "./nexus/nexus-configuration";
export { NexusHost, type NexusHostArgs } from "./nexus/nexus-host";
export { KeptTags, type KeptTagsArgs } from "./release/kept-tags";
export { Republish, type RepublishArgs } from "./release/republish";
export { readSettings, type Settings, SettingsError } from "./settings/settings";
