import { type BadInput, by, name } from "./bad-input";
import { badRepositories } from "./bad-repositories";
import { passwords } from "./passwords";

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
    says:
      by(
        "POST blobstores/s3",
        "Unable to initialize blob store bucket: life, Cause: Unable to execute HTTP request: " +
          "Connect to 127.0.0.1:9 [/127.0.0.1] failed: Connection refused",
      ) +
      ". The S3 server doesn't answer Nexus: it must run, and `endpoint` be its address as Nexus's container reaches it. " +
      'Which rights are enough: docs/nexus.md, "Blob stores in S3".',
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
    says:
      `The cleanup policy "${name}" can't use releaseType, retain, sortBy: ` +
      'for the format "raw" Nexus takes lastDownloadedDays, ageDays, assetRegex. ' +
      "How many versions to keep (retain, sortBy) can be said only for some formats and in some editions: " +
      "Sonatype's documentation names Nexus Pro, and maven2 and docker.",
  },
  {
    kind: "RoutingRule",
    fields: { name, matchers: ["("] },
    says: by("POST routing-rules", "matchers[0]: Invalid regex: Unclosed group near index 1\n("),
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

/** At least one for every kind. */
export const badInputs = [...storage, ...badRepositories, ...security, ...system];
