import type { KindName } from "../../../components/nexus/kinds";
import type { Json } from "./nexus-rest";
import { passwords } from "./passwords";

/** Something wrong with the fields of an object, and the whole message that refuses it. */
interface BadInput {
  readonly kind: KindName;
  readonly variant?: string;
  /** Laid over what the object of the kind in the program has in the end. */
  readonly fields: Json;
  /** `{nexus}` for the server's address. */
  readonly says: string;
}

/** An object that isn't there. */
const name = "life-other";

/** What Nexus itself has against what is sent. */
const by = (call: string, said: string) => {
  const [method, path] = call.split(" ");
  return `${method} {nexus}/service/rest/v1/${path}: Nexus answered 400 (${said})`;
};

const storage: readonly BadInput[] = [
  {
    kind: "FileBlobStore",
    fields: { name, path: "" },
    says: by("POST blobstores/file", "path: Path is required"),
  },
  {
    kind: "S3BlobStore",
    fields: {
      name,
      bucketConfiguration: {
        bucket: { region: "us-east-1", name: "life", prefix: "", expiration: 3 },
        bucketSecurity: { accessKeyId: "berth", secretAccessKey: passwords.upstream },
        advancedBucketConnection: { endpoint: "http://127.0.0.1:9/", forcePathStyle: true },
      },
    },
    says: by(
      "POST blobstores/s3",
      "Unable to initialize blob store bucket: life, Cause: Unable to execute HTTP request: " +
        "Connect to 127.0.0.1:9 [/127.0.0.1] failed: Connection refused",
    ),
  },
  {
    kind: "CleanupPolicy",
    fields: { name, format: "nonsense" },
    says: `The cleanup policy "${name}" is for the format "nonsense", which this Nexus does not have; it has *, apt, maven2, raw.`,
  },
  {
    kind: "CleanupPolicy",
    fields: { name, criteriaLastDownloaded: undefined },
    says:
      `The cleanup policy "${name}" doesn't say what to delete: ` +
      "give at least one of lastDownloadedDays, ageDays, assetRegex, releaseType.",
  },
  {
    kind: "CleanupPolicy",
    variant: "-maven",
    fields: { name, format: "raw" },
    says: `The cleanup policy "${name}" can't use releaseType: for the format "raw" Nexus takes lastDownloadedDays, ageDays, assetRegex.`,
  },
  {
    kind: "RoutingRule",
    fields: { name, matchers: ["("] },
    says: by("POST routing-rules", "matchers[0]: Invalid regex: Unclosed group near index 1\n("),
  },
];

const repositories: readonly BadInput[] = [
  {
    kind: "RawHosted",
    fields: { name: "no spaces" },
    says: by(
      "POST repositories/raw/hosted",
      "name: Only letters, digits, underscores(_), hyphens(-), and dots(.) are allowed and may not start with underscore or dot.",
    ),
  },
  {
    kind: "RawProxy",
    fields: { name, proxy: { remoteUrl: "nonsense" }, httpClient: { connection: undefined } },
    says: by(
      "POST repositories/raw/proxy",
      "ProxyConfig.attributes[proxy].remoteUrl: URL should be in the format 'http://www.example.com'",
    ),
  },
  {
    kind: "RawProxy",
    fields: { name, routingRule: "nobody" },
    says: `The proxy "${name}" is to follow the routing rule "nobody", and Nexus has no such rule. Create it first, or leave routingRule out.`,
  },
  {
    kind: "RawProxy",
    fields: { httpClient: { authentication: { password: undefined } } },
    says:
      'The proxy "life-raw-proxy" logs in to its remote as "next-user", and Nexus wants the password again with every change: ' +
      "set remoteUsername and remotePassword.",
  },
  {
    kind: "RawGroup",
    fields: { group: { memberNames: [] } },
    says: 'The group "life-raw-group" has no members, and Nexus takes no empty group. Name at least one.',
  },
  {
    kind: "RawGroup",
    fields: { name, group: { memberNames: ["nobody"] } },
    says: by(
      "POST repositories/raw/group",
      "HelperBean.memberNames: Member repository does not exist: nobody",
    ),
  },
  {
    kind: "MavenHosted",
    fields: { name, storage: { blobStoreName: "nowhere" } },
    says: by("POST repositories/maven/hosted", "Blob store not found"),
  },
  {
    kind: "MavenProxy",
    fields: { name, proxy: { remoteUrl: "http://remote.invalid/" }, httpClient: { connection: undefined } },
    says: by(
      "POST repositories/maven/proxy",
      "HelperBean.attributes.httpclient.authentication.preemptive: " +
        "Pre-emptive authentication is allowed only when using HTTPS remote URL",
    ),
  },
  {
    kind: "MavenGroup",
    fields: { name, group: { memberNames: ["life-raw-hosted"] } },
    says: by(
      "POST repositories/maven/group",
      "HelperBean.memberNames: Member repository format does not match group repository format: life-raw-hosted",
    ),
  },
  {
    kind: "AptHosted",
    fields: { name, aptSigning: { keypair: "" } },
    says: by("POST repositories/apt/hosted", "keypair: must not be empty"),
  },
  {
    kind: "AptProxy",
    fields: { name, apt: { distribution: "" } },
    says: by("POST repositories/apt/proxy", "distribution: must not be empty"),
  },
  {
    kind: "AptGroup",
    fields: { name, online: true, group: { memberNames: ["life-apt-hosted"] } },
    says: "Nexus 3.71.0 (OSS) has no apt group repositories; no version up to 3.94 has them.",
  },
];

const docker: readonly BadInput[] = [
  {
    kind: "DockerHosted",
    fields: { docker: { httpPort: 8081 } },
    says: 'The docker repository "life-docker-hosted" wants httpPort 8081, which is taken by Nexus itself. Choose another port.',
  },
  {
    kind: "DockerHosted",
    fields: { docker: { httpPort: 8083 } },
    says: 'The docker repository "life-docker-hosted" wants httpPort 8083, which is taken by the repository "life-docker-group". Choose another port.',
  },
  {
    kind: "DockerHosted",
    fields: { docker: { httpPort: 8095, httpsPort: 8095 } },
    says: 'The docker repository "life-docker-hosted" wants httpsPort 8095, which is taken by its own httpPort. Choose another port.',
  },
  {
    kind: "DockerHosted",
    fields: { name, docker: { httpPort: 70000 } },
    says: by("POST repositories/docker/hosted", "httpPort: must be less than or equal to 65535"),
  },
  {
    kind: "DockerHosted",
    fields: { docker: { subdomain: undefined, pathEnabled: true } },
    says:
      'Nexus 3.71.0 (OSS) can\'t serve the docker repository "life-docker-hosted" by its path; Nexus 3.83 and later can. ' +
      "Give it an httpPort instead.",
  },
  {
    kind: "DockerHosted",
    fields: { storage: { writePolicy: "ALLOW", latestPolicy: true } },
    says: 'movableLatest of the docker repository "life-docker-hosted" is the exception to writePolicy ALLOW_ONCE: set that, too.',
  },
  {
    kind: "DockerProxy",
    fields: { dockerProxy: { indexType: "CUSTOM" } },
    says: 'The docker repository "life-docker-proxy" has indexType CUSTOM: set indexUrl, too.',
  },
  {
    kind: "DockerGroup",
    fields: { group: { writableMember: "life-docker-hosted" } },
    says:
      'Nexus 3.71.0 (OSS) can\'t take what is pushed to the group "life-docker-group"; Nexus Pro can. ' +
      "Leave writableMember out and push to the hosted member itself.",
  },
];

const security: readonly BadInput[] = [
  {
    kind: "ContentSelector",
    fields: { name, expression: "nonsense" },
    says: by(
      "POST security/content-selectors",
      "HelperBean.expression: Invalid CSEL: Invalid identifier nonsense, expected one of [format, path] at line 1 column 1",
    ),
  },
  {
    kind: "Privilege",
    variant: "-wildcard",
    fields: { name, pattern: undefined },
    says: `The privilege "${name}" of type wildcard needs pattern.`,
  },
  {
    kind: "Privilege",
    variant: "-application",
    fields: { name, actions: ["BROWSE"] },
    says:
      `The privilege "${name}" of type application can't have the action BROWSE; ` +
      "there are ADD, ALL, ASSOCIATE, DELETE, DISASSOCIATE, EDIT, READ, START, STOP.",
  },
  {
    kind: "Privilege",
    variant: "-repository-view",
    fields: { name, actions: ["CREATE"] },
    says: `The privilege "${name}" of type repository-view can't have the action CREATE; there are ADD, ALL, BROWSE, DELETE, EDIT, READ.`,
  },
  {
    kind: "Privilege",
    variant: "-repository-admin",
    fields: { name, pattern: "nexus:*" },
    says: `The privilege "${name}" of type repository-admin takes no pattern.`,
  },
  {
    kind: "Privilege",
    variant: "-repository-content-selector",
    fields: { name, contentSelector: "nobody" },
    says: by("POST security/privileges/repository-content-selector", "Invalid selector 'nobody' supplied."),
  },
  {
    kind: "ActiveRealms",
    fields: { realms: ["Nobody"] },
    says: "This Nexus has no realm Nobody; it offers DefaultRole, DockerToken, NexusAuthenticatingRealm.",
  },
  {
    kind: "ActiveRealms",
    fields: { realms: [] },
    says: "An empty list of realms would lock everybody out of Nexus.",
  },
  {
    kind: "AnonymousAccess",
    fields: { enabled: "perhaps" },
    says: by(
      "PUT security/anonymous",
      'enabled: Cannot deserialize value of type `boolean` from String "perhaps": ' +
        'only "true"/"True"/"TRUE" or "false"/"False"/"FALSE" recognized',
    ),
  },
  {
    kind: "Role",
    fields: { roleId: name, privileges: ["nobody"] },
    says: by("POST security/roles", `Privilege 'nobody' contained in role '${name}' not found.`),
  },
  {
    kind: "User",
    fields: { userId: name, roles: [] },
    says: by("POST security/users", "roles: must not be empty"),
  },
  {
    kind: "User",
    fields: { userId: name, roles: ["nobody"] },
    says: `The user "${name}" is to have the role "nobody", and Nexus has no such role. Create it first, or leave it out.`,
  },
];

const system: readonly BadInput[] = [
  {
    kind: "Certificate",
    fields: { pem: "nonsense" },
    says:
      "A trusted certificate is one in PEM, from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----; " +
      'this begins with "nonsense" and can\'t be read as one.',
  },
  {
    kind: "Eula",
    fields: { accepted: false },
    says:
      "Accepting the license agreement is your decision, and it can't be un-accepted: " +
      "say accepted: true where you accept it, and leave the setting out where you don't.",
  },
  {
    kind: "OutboundHttp",
    fields: { timeout: 0 },
    says: "The outbound HTTP settings take a timeoutSeconds from 1 to 3600, not 0.",
  },
  {
    kind: "Task",
    fields: { name, type: "nobody" },
    says:
      `The task "${name}" is of type "nobody", which this Nexus does not have; it takes blobstore.compact, ` +
      "blobstore.delete-temp-files, blobstore.metrics.reconcile, blobstore.rebuildComponentDB, create.browse.nodes, h2.backup.task, " +
      "repository.apt.rebuild.metadata, repository.maven.publish-dotindex, repository.maven.purge-unused-snapshots, " +
      "repository.maven.rebuild-metadata, repository.maven.remove-snapshots, repository.maven.repair-base-version, " +
      "repository.maven.unpublish-dotindex, repository.purge-unused, repository.rebuild-index, security.purge-api-keys.",
  },
];

export const badInputs = [...storage, ...repositories, ...docker, ...security, ...system];
